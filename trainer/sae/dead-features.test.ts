import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createReferenceKernels } from '../compute/reference/dictionary.ts';
import { tf } from '../compute/tf.ts';
import { auxiliaryLoss, countDead, countSilence, maskDead } from './dead-features.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('dead features', () => {
  it('are those silent for the given number of tokens; padding and zeros do not wake them', () => {
    const silent = new Float64Array(3);
    countSilence(
      silent,
      [
        { acts: [2, 0.5], indices: [1, 2] },
        { acts: [0, 0], indices: [0, 0] },
      ],
      2,
    );
    expect([...silent]).toEqual([2, 0, 0]);
    countSilence(silent, [{ acts: [1, 0], indices: [2, 0] }], 2);
    expect([...silent]).toEqual([4, 2, 0]);
    expect(countDead(silent, 2)).toBe(2);
    expect([...maskDead(silent, 3)]).toEqual([1, 0, 0]);
  });
});

describe('auxiliaryLoss', () => {
  const weights = {
    encoder_FD: tf.tensor2d([
      [9, 9],
      [1, 0],
      [0, 1],
    ]),
    encoderBias_F: tf.zeros([3]) as Tensor1D,
    decoder_FD: tf.tensor2d([
      [1, 0],
      [1, 0],
      [0, 1],
    ]),
    decoderBias_D: tf.ones([2]) as Tensor1D,
  };
  const auxiliary = (missed: number[][]) =>
    auxiliaryLoss(createReferenceKernels(), {
      weights,
      read_BD: tf.tensor2d([
        [1, 2],
        [2, 0.5],
      ]),
      missed_BD: tf.tensor2d(missed) as Tensor2D,
      dead_F: tf.tensor1d([0, 1, 1]),
      k: 1,
      coefficient: 1 / 32,
    });

  it('lets the strongest dead features rebuild what was missed, without the bias', () => {
    // Dead pre-acts: row 1 (1, 2) -> feature 2 at 2, ê = (0, 2); row 2 (2, .5) -> feature 1 at 2, ê = (2, 0).
    // e = (1,0), (0,1): mean|e - ê|² = 10/4, mean|e - ē|² = 1/4, so the loss is 10 and gradients scale by (1/32) / (1/4).
    const out = auxiliary([
      [1, 0],
      [0, 1],
    ]);
    expect(out.loss.dataSync()[0]).toBeCloseTo(10, 5);
    expect([...out.top.indices_BK.dataSync()]).toEqual([2, 1]);
    // ∂/∂f = (2/4) (ê - e)·d / 8 = (2/4) 2 / 8
    expect([...out.gradActs_BK.dataSync()]).toEqual([0.125, 0.125]);
    // ∂/∂d2 = (2/4) f (ê - e) / 8 of row 1 = (2/4) 2 (-1, 2) / 8
    expect([...out.gradDecoder_FD.dataSync()]).toEqual([0, 0, 0.25, -0.125, -0.125, 0.25]);
  });

  it('is 0 with gradients 0 when what was missed has no variance', () => {
    const out = auxiliary([
      [1, 1],
      [1, 1],
    ]);
    expect(out.loss.dataSync()[0]).toBe(0);
    expect([...out.gradActs_BK.dataSync()]).toEqual([0, 0]);
  });
});
