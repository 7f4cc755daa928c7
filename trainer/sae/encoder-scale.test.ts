import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { bestEncoderScale } from './encoder-scale.ts';
import { randomRows } from './init.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

describe('bestEncoderScale', () => {
  const scaleOf = (rows: number[], settings: { k: number; budgets: number[] }, target?: Tensor2D) => {
    const rows_FD = Float32Array.from(rows);
    const read_BD = tf.tensor2d([2, 0, 0, 3], [2, 2]);
    const input = { encoder_FD: rows_FD, decoder_FD: rows_FD, read_BD, target_BD: target ?? read_BD };
    return bestEncoderScale(kernels, input, settings);
  };

  it('is 1 where features rebuild their input once, and 1/2 where each is there twice', () => {
    expect(scaleOf([1, 0, 0, 1], { k: 1, budgets: [1] })).toBeCloseTo(1, 6);
    const twice = [1, 0, 1, 0, 0, 1, 0, 1];
    expect(scaleOf(twice, { k: 2, budgets: [2] })).toBeCloseTo(0.5, 6);
    // Budgets 1 and 2: (1 - s)² + (1 - 2s)² is least at 3/5.
    expect(scaleOf(twice, { k: 2, budgets: [1, 2] })).toBeCloseTo(0.6, 6);
  });

  it('is for the target where that is not what is read, and never turns acts off', () => {
    const target = (rows: number[]) => tf.tensor2d(rows, [2, 2]);
    expect(scaleOf([1, 0, 0, 1], { k: 1, budgets: [1] }, target([1, 0, 0, 1.5]))).toBeCloseTo(0.5, 6);
    // Acts point away from the target: a tenth of its length, |(-2, 3)| against |(2, 3)|.
    expect(scaleOf([1, 0, 0, 1], { k: 1, budgets: [1] }, target([-2, 0, 0, -3]))).toBeCloseTo(0.1, 6);
    expect(scaleOf([-1, 0, 0, -1], { k: 1, budgets: [1] })).toBe(1); // nothing fires
  });

  it('beats its neighbours on random weights', () => {
    const rng = createRng(1);
    const read_BD = tf.tensor2d(
      Float32Array.from({ length: 64 * 8 }, () => rng.normal()),
      [64, 8],
    );
    const rows_FD = randomRows(32, 8, rng);
    const settings = { k: 4, budgets: [1, 4] };
    const best = bestEncoderScale(
      kernels,
      { encoder_FD: rows_FD, decoder_FD: rows_FD, read_BD, target_BD: read_BD },
      settings,
    );
    expect(best).toBeLessThan(1);
    const lossAt = (scale: number) => {
      const decoder_FD = tf.tensor2d(rows_FD, [32, 8]);
      const encoder_FD = tf.mul(decoder_FD, scale) as Tensor2D;
      const top = kernels.encodeTopK({ hidden_BD: read_BD, encoder_FD, encoderBias_F: tf.zeros([32]), k: 4 });
      const decoderBias_D = tf.tensor1d(new Float32Array(8));
      const input = { ...top, target_BD: read_BD, decoder_FD, decoderBias_D, budgets: settings.budgets };
      return kernels.hierarchical(input).loss.dataSync()[0];
    };
    expect(lossAt(best)).toBeLessThan(lossAt(best * 1.1));
    expect(lossAt(best)).toBeLessThan(lossAt(best * 0.9));
  });
});
