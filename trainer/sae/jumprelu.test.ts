import type { Scalar } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as oracle from '../compute/kernels.oracle.ts';
import { tf } from '../compute/tf.ts';
import { passJumpRelu } from './jumprelu.ts';
import type { Pass } from './pass.ts';
import { type Doubles, SIZES, randomDoubles, settingsOf, toPassInput } from './pass.fixture.ts';
import type { SparsitySettings } from './settings.ts';

const { B, D, F } = SIZES;
const BANDWIDTH = 0.5;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const sparsity = (changes: Partial<SparsitySettings> = {}): SparsitySettings => ({
  loss: 'step-l0',
  coefficient: 0.25,
  warmupSteps: 1,
  targetL0: null,
  bandwidth: BANDWIDTH,
  preActCoefficient: 0,
  ...changes,
});

type Batch = ReturnType<typeof randomDoubles>;

/** What reads the acts: reconstruction and, for tanh, its term. Thresholds decide here but give no slope. */
function dense(doubles: Doubles, batch: Batch, tanhCoefficient = 0) {
  const pre_BF = oracle.preActs(batch.read, doubles.encoder_FD, doubles.encoderBias_F, SIZES);
  const acts_BF = pre_BF.map((z, i) => (z > 0 && z > doubles.threshold_F[i % F] ? z : 0));
  const error_BD = Float64Array.from({ length: B * D }, (_, i) => {
    const [b, d] = [Math.floor(i / D), i % D];
    let hat = doubles.decoderBias_D[d];
    for (let f = 0; f < F; f++) hat += acts_BF[b * F + f] * doubles.decoder_FD[f * D + d];
    return hat - batch.target[i];
  });
  const squares = error_BD.reduce((sum, error) => sum + error * error, 0);
  const tanh = acts_BF.reduce((sum, act) => sum + Math.tanh(4 * act), 0);
  const loss = squares / (B * D) + (tanhCoefficient * tanh) / (B * D);
  return { pre_BF, acts_BF, error_BD, loss, l0: acts_BF.filter((act) => act > 0).length / B };
}

/** The straight-through estimator, term by term as written in sae-peers §5.13. */
function thresholdSlopes(
  doubles: Doubles,
  batch: Batch,
  slopeOfL0: number,
  tanhCoefficient = 0,
): Float64Array {
  const { pre_BF, acts_BF, error_BD } = dense(doubles, batch);
  const slopes = new Float64Array(F);
  for (let b = 0; b < B; b++) {
    for (let f = 0; f < F; f++) {
      const [z, theta] = [pre_BF[b * F + f], doubles.threshold_F[f]];
      if (!(z > 0) || Math.abs(z - theta) / BANDWIDTH >= 0.5) continue;
      let g = 0;
      for (let d = 0; d < D; d++) g += (2 * error_BD[b * D + d] * doubles.decoder_FD[f * D + d]) / (B * D);
      g += (tanhCoefficient * 4 * (1 - Math.tanh(4 * acts_BF[b * F + f]) ** 2)) / (B * D);
      slopes[f] += -(theta / BANDWIDTH) * g - (slopeOfL0 / B) * (1 / BANDWIDTH);
    }
  }
  return slopes;
}

const expectAll = (got: ArrayLike<number>, expected: ArrayLike<number>, digits = 4) =>
  Array.from(got).forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));

describe('JumpReLU', () => {
  it.each([
    ['step-l0', 0],
    ['tanh', 0.25],
  ] as const)(
    'with %s has the slopes that finite differences show in all but the thresholds',
    async (loss, tanh) => {
      const batch = randomDoubles(6);
      const settings = settingsOf({ kind: 'jumprelu', sparsity: sparsity({ loss }) });
      const pass = await passJumpRelu(toPassInput(settings, batch));
      const whole = pass.loss.dataSync()[0] + (loss === 'tanh' ? (pass.sparsityLoss?.dataSync()[0] ?? 0) : 0);
      expect(whole).toBeCloseTo(dense(batch.doubles, batch, tanh).loss, 5);
      for (const name of ['encoder_FD', 'encoderBias_F', 'decoder_FD', 'decoderBias_D'] as const) {
        const slopes = batch.doubles[name].map((value, i) => {
          const at = (step: number) => {
            const moved = batch.doubles[name].slice();
            moved[i] = value + step;
            return dense({ ...batch.doubles, [name]: moved }, batch, tanh).loss;
          };
          return (at(1e-7) - at(-1e-7)) / 2e-7;
        });
        expectAll(pass.gradients[name].dataSync(), slopes);
      }
    },
  );

  it('gives thresholds the estimator of both losses, and of the target', async () => {
    const batch = randomDoubles(6);
    const slopesOf = async (changes: Partial<SparsitySettings>) => {
      const settings = settingsOf({ kind: 'jumprelu', sparsity: sparsity(changes) });
      const pass = await passJumpRelu(toPassInput(settings, batch));
      return { slopes: pass.gradients.threshold_F?.dataSync() as Float32Array, pass };
    };
    const { l0 } = dense(batch.doubles, batch);
    const plain = await slopesOf({});
    expectAll(plain.slopes, thresholdSlopes(batch.doubles, batch, 0.25));
    expect(plain.pass.sparsityLoss?.dataSync()[0]).toBeCloseTo(0.25 * l0, 5);
    const aimed = await slopesOf({ targetL0: 2 });
    expectAll(aimed.slopes, thresholdSlopes(batch.doubles, batch, (2 * 0.25 * (l0 / 2 - 1)) / 2));
    expect(aimed.pass.sparsityLoss?.dataSync()[0]).toBeCloseTo(0.25 * (l0 / 2 - 1) ** 2, 5);
    const tanh = await slopesOf({ loss: 'tanh' });
    expectAll(tanh.slopes, thresholdSlopes(batch.doubles, batch, 0, 0.25));
    expect(plain.slopes.some((slope) => slope !== 0)).toBe(true);
  });

  it('is worked by hand: one feature, one row inside the window', async () => {
    // z = 1, θ = 0.9, ε = 0.5: act 1, x̂ = 1, x = 3. Loss 4, ∂loss/∂act = 2 (1 - 3) = -4.
    // ∂θ = -(0.9/0.5)(-4) of the reconstruction and -(1/0.5) 0.25 of the L0 loss: 7.2 - 0.5.
    const settings = settingsOf({ kind: 'jumprelu', width: 1, hiddenWidth: 1, k: 1, sparsity: sparsity() });
    const input = toPassInput(settings, randomDoubles(1), {
      weights: {
        encoder_FD: tf.tensor2d([[1]]),
        encoderBias_F: tf.tensor1d([0]),
        decoder_FD: tf.tensor2d([[1]]),
        decoderBias_D: tf.tensor1d([0]),
        threshold_F: tf.tensor1d([0.9]),
      },
      read_BD: tf.tensor2d([[1]]),
      target_BD: tf.tensor2d([[3]]),
    });
    const pass = await passJumpRelu(input);
    expect(pass.loss.dataSync()[0]).toBe(4);
    expect(pass.sparsityLoss?.dataSync()[0]).toBe(0.25);
    expectAll(pass.gradients.threshold_F?.dataSync() ?? [], [6.7], 5);
    expectAll(pass.gradients.encoder_FD.dataSync(), [-4]);
    // At θ = 1 the act is not strictly above: silent, but still inside the window.
    const threshold_F = tf.tensor1d([1]);
    const silent = await passJumpRelu({ ...input, weights: { ...input.weights, threshold_F } });
    expect(silent.loss.dataSync()[0]).toBe(9);
    expectAll(silent.gradients.encoder_FD.dataSync(), [0]);
    expectAll(silent.gradients.threshold_F?.dataSync() ?? [], [(1 / 0.5) * 6 - 0.5], 5);
  });

  it('warms its coefficient up linearly', async () => {
    const settings = settingsOf({ kind: 'jumprelu', sparsity: sparsity({ warmupSteps: 4 }) });
    const paid = async (step: number) =>
      (await passJumpRelu(toPassInput(settings, randomDoubles(6), { step }))).sparsityLoss?.dataSync()[0] ??
      0;
    const whole = await paid(4);
    expect(await paid(1)).toBeCloseTo(whole / 4, 6);
    expect(await paid(9)).toBe(whole);
  });

  it('lifts dead features by the pre-act loss, with the slopes of finite differences', async () => {
    const batch = randomDoubles(6);
    const dead = [2, 5];
    const coefficient = 0.5;
    const preActLoss = (doubles: Doubles) => {
      const pre_BF = oracle.preActs(batch.read, doubles.encoder_FD, doubles.encoderBias_F, SIZES);
      let sum = 0;
      pre_BF.forEach((z, i) => {
        if (dead.includes(i % F)) sum += Math.max(0, doubles.threshold_F[i % F] - z);
      });
      return (coefficient * sum) / (B * D);
    };
    const dead_F = tf.tensor1d(Array.from({ length: F }, (_, f) => (dead.includes(f) ? 1 : 0)));
    const pass = (preActCoefficient: number) => {
      const changes = { loss: 'tanh', coefficient: 0, preActCoefficient } as const;
      const settings = settingsOf({ kind: 'jumprelu', sparsity: sparsity(changes) });
      return passJumpRelu(toPassInput(settings, batch, { dead_F }));
    };
    const [without, withLoss] = [await pass(0), await pass(coefficient)];
    expect(withLoss.sparsityLoss?.dataSync()[0]).toBeCloseTo(preActLoss(batch.doubles), 6);
    for (const name of ['encoder_FD', 'encoderBias_F', 'threshold_F'] as const) {
      const [plain, more] = [without, withLoss].map((one) => one.gradients[name]?.dataSync() as Float32Array);
      const slopes = batch.doubles[name].map((value, i) => {
        const at = (step: number) => {
          const moved = batch.doubles[name].slice();
          moved[i] = value + step;
          return preActLoss({ ...batch.doubles, [name]: moved });
        };
        return (at(1e-7) - at(-1e-7)) / 2e-7;
      });
      expectAll(
        more.map((value, i) => value - plain[i]),
        slopes,
      );
    }
  });

  it('adds up blocks of rows to the same as the whole batch', async () => {
    const settings = settingsOf({ kind: 'jumprelu', sparsity: sparsity({ targetL0: 2 }) });
    const lossFactor = tf.scalar(3);
    const whole = await passJumpRelu(toPassInput(settings, randomDoubles(6), { lossFactor }));
    const rowByRow = await passJumpRelu(toPassInput(settings, randomDoubles(6), { lossFactor }), 1);
    expect(rowByRow.kept).toHaveLength(B);
    const blocks = await passJumpRelu(toPassInput(settings, randomDoubles(6), { lossFactor }), 2 * F);
    expect(whole.kept).toHaveLength(1);
    expect(blocks.kept.length).toBeGreaterThan(1);
    expect(blocks.kept.length).toBeLessThan(B);
    expect(blocks.reconstruction_BD.shape).toEqual([B, D]);
    const numbersOf = ({ loss, sparsityLoss, reconstruction_BD, gradients }: Pass) =>
      [loss, sparsityLoss as Scalar, reconstruction_BD, ...Object.values(gradients)].map((one) =>
        one.dataSync(),
      );
    const expected = numbersOf(whole);
    numbersOf(blocks).forEach((values, i) => expectAll(values, expected[i]));
  });

  it('leaks no tensors', async () => {
    const settings = settingsOf({
      kind: 'jumprelu',
      sparsity: sparsity({ loss: 'tanh', preActCoefficient: 1 }),
    });
    const dead_F = tf.tensor1d([0, 1, 0, 0, 0, 0, 1]);
    const input = toPassInput(settings, randomDoubles(3), { dead_F });
    const before = tf.memory().numTensors;
    for (const blockActs of [1000, 2 * F, 1]) {
      tf.dispose((await passJumpRelu(input, blockActs)) as never);
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});
