/**
 * What every implementation of Kernels must do, as a plain function that each implementation's test calls. Values and
 * gradients are held against double-precision loops (kernels.oracle.ts), errors against their words.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  describeEncode,
  describeEncodeOfWholeBatch,
  describeEncoderGradient,
} from './kernels.contract.encode.ts';
import { describeHierarchical } from './kernels.contract.hierarchical.ts';
import type { Kernels } from './kernels.ts';
import * as oracle from './kernels.oracle.ts';
import { expectClose, normals } from './kernels.samples.ts';
import { tf } from './tf.ts';

export function describeKernels(name: string, open: () => Promise<Kernels>): void {
  describe(name, () => {
    let opened: Kernels;
    const kernels = () => opened;
    beforeAll(async () => {
      opened = await open();
    });
    describe('encodeTopK', () => describeEncode(kernels));
    describe('encodeBatchTopK and encodeThreshold', () => describeEncodeOfWholeBatch(kernels));
    describe('decode and hierarchical', () => describeHierarchical(kernels));
    describe('encoderGradient', () => describeEncoderGradient(kernels));
    describe('adam and sumOfSquares', () => describeAdam(kernels));
  });
}

function describeAdam(kernels: () => Kernels): void {
  const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

  it.each([1, 7, 4099])('follows the equations over five steps for %i values', async (size) => {
    const parameter = tf.variable(tf.tensor1d(normals([size], 1)));
    const [firstMoment, secondMoment] = [tf.variable(tf.zeros([size])), tf.variable(tf.zeros([size]))];
    const expected = Array.from(await parameter.data(), (value) => [value, 0, 0] as [number, number, number]);
    for (let step = 1; step <= 5; step++) {
      const gradient = normals([size], 10 + step);
      const more = { ...settings, step, weightDecay: 0.1 };
      kernels().adam({
        ...more,
        parameter,
        gradient: tf.tensor1d(gradient),
        firstMoment,
        secondMoment,
        gradientScale: 0.5,
      });
      expected.forEach((triple, i) => (expected[i] = oracle.adamStep(triple, 0.5 * gradient[i], more)));
    }
    expectClose(
      await parameter.data(),
      expected.map((triple) => triple[0]),
    );
    expectClose(
      await firstMoment.data(),
      expected.map((triple) => triple[1]),
    );
    expectClose(
      await secondMoment.data(),
      expected.map((triple) => triple[2]),
    );
  });

  it('keeps decoder rows on the unit sphere and lets the radial part of a gradient go', async () => {
    const parameter = tf.variable(
      tf.tensor2d([
        [1, 0, 0],
        [0, 0.6, 0.8],
      ]),
    );
    const [firstMoment, secondMoment] = [tf.variable(tf.zeros([2, 3])), tf.variable(tf.zeros([2, 3]))];
    const gradient = tf.tensor2d([
      [5, 0, 0],
      [0, 0.8, -0.6],
    ]); // along the row; across it
    kernels().adam({ ...settings, step: 1, parameter, gradient, firstMoment, secondMoment, unitRows: true });
    const rows = await parameter.data();
    expectClose(rows.slice(0, 3), [1, 0, 0]);
    const norm = Math.hypot(0.59, 0.81);
    expectClose(rows.slice(3), [0, 0.59 / norm, 0.81 / norm]);
    expectClose(await firstMoment.data(), [0, 0, 0, 0, 0.08, -0.06]);
  });

  it('sums squares, with and without the radial part', async () => {
    const gradient = tf.tensor2d([
      [5, 1, 0],
      [0, 0.8, -0.6],
    ]);
    const rows = tf.tensor2d([
      [1, 0, 0],
      [0, 0.6, 0.8],
    ]);
    expect(await kernels().sumOfSquares(gradient)).toBeCloseTo(27, 4);
    expect(await kernels().sumOfSquares(gradient, rows)).toBeCloseTo(2, 4);
    expect(await kernels().sumOfSquares(tf.tensor1d([1, NaN]))).toBeNaN();
  });
}
