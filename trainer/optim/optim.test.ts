import { beforeAll, describe, expect, it } from 'vitest';
import { createReferenceKernels } from '../compute/reference/dictionary.ts';
import { tf } from '../compute/tf.ts';
import { ADAM_DEFAULTS, initAdam, updateAdam } from './adam.ts';
import { clipGlobalNorm } from './clip.ts';
import { cosineSchedule, learningRateAt, linearSchedule } from './schedule.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('adam', () => {
  it('moves by the learning rate on its first step, whatever the size of the gradient', () => {
    const kernels = createReferenceKernels();
    const parameters = { w: tf.variable(tf.tensor1d([1, 2])) };
    const state = initAdam(parameters);
    updateAdam(kernels, parameters, { w: tf.tensor1d([1000, -0.001]) }, state, {
      ...ADAM_DEFAULTS,
      learningRate: 0.1,
    });
    expect([...parameters.w.dataSync()]).toEqual([expect.closeTo(0.9, 5), expect.closeTo(2.1, 4)]);
  });

  it('finds the bottom of a bowl', () => {
    const kernels = createReferenceKernels();
    const parameters = { w: tf.variable(tf.tensor1d([3, -4])) };
    let state = initAdam(parameters);
    for (let i = 0; i < 300; i++) {
      const gradient = tf.mul(parameters.w, 2);
      state = updateAdam(kernels, parameters, { w: gradient }, state, {
        ...ADAM_DEFAULTS,
        learningRate: 0.1,
      });
    }
    expect(state.step).toBe(300);
    for (const value of parameters.w.dataSync()) expect(Math.abs(value)).toBeLessThan(0.05);
  });

  it('decays what is to be decayed and spares the rest', () => {
    const kernels = createReferenceKernels();
    const parameters = { w: tf.variable(tf.tensor1d([2])), norm: tf.variable(tf.tensor1d([2])) };
    updateAdam(kernels, parameters, { w: tf.tensor1d([0]), norm: tf.tensor1d([0]) }, initAdam(parameters), {
      ...ADAM_DEFAULTS,
      learningRate: 0.5,
      weightDecay: 0.1,
      undecayed: new Set(['norm']),
    });
    expect(parameters.w.dataSync()[0]).toBeCloseTo(1.9, 6);
    expect(parameters.norm.dataSync()[0]).toBe(2);
  });

  it('names a gradient it has no parameter for', () => {
    const parameters = { w: tf.variable(tf.tensor1d([2])) };
    const step = () =>
      updateAdam(createReferenceKernels(), parameters, { v: tf.tensor1d([0]) }, initAdam(parameters), {
        ...ADAM_DEFAULTS,
        learningRate: 1,
      });
    expect(step).toThrow(/gradients of w, got one of "v"/);
  });
});

describe('clipGlobalNorm', () => {
  it('scales 3-4-5 down to the limit and leaves small gradients alone', async () => {
    const kernels = createReferenceKernels();
    const gradients = { a: tf.tensor1d([3]), b: tf.tensor2d([[4]]) };
    expect(await clipGlobalNorm(kernels, gradients, 1)).toEqual({ norm: 5, scale: 0.2 });
    expect((await clipGlobalNorm(kernels, gradients, 10)).scale).toBe(1);
  });

  it('names the gradient that is not a number', async () => {
    const gradients = { a: tf.tensor1d([1]), bias: tf.tensor1d([NaN]) };
    await expect(clipGlobalNorm(createReferenceKernels(), gradients, 1)).rejects.toThrow(/gradient of bias/);
  });
});

describe('schedules', () => {
  it('rise, stay and fall in a straight line', () => {
    const schedule = linearSchedule({ peak: 0.1, warmupSteps: 2, decaySteps: 4, stepTotal: 8 });
    const rates = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) => learningRateAt(schedule, step));
    const expected = [0.05, 0.1, 0.1, 0.1, 0.075, 0.05, 0.025, 0, 0];
    rates.forEach((rate, i) => expect(rate).toBeCloseTo(expected[i], 12));
  });

  it('fall along a cosine from the peak to the final rate', () => {
    const schedule = cosineSchedule({ peak: 1, final: 0.2, warmupSteps: 10, stepTotal: 110 });
    expect(learningRateAt(schedule, 5)).toBeCloseTo(0.5, 12);
    expect(learningRateAt(schedule, 10)).toBe(1);
    expect(learningRateAt(schedule, 60)).toBeCloseTo(0.6, 12);
    expect(learningRateAt(schedule, 110)).toBeCloseTo(0.2, 12);
  });
});
