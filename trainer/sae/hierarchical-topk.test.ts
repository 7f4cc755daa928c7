import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as oracle from '../compute/kernels.oracle.ts';
import { createReferenceKernels } from '../compute/reference/dictionary.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type Weights, hierarchicalBudgets, passHierarchical } from './hierarchical-topk.ts';
import { topkBudgets } from './topk.ts';

const SIZES = { B: 5, D: 4, F: 7, K: 3 };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('budgets', () => {
  it('are 1..K for the hierarchical loss and K alone for TopK; at K = 1 both are one', () => {
    expect(hierarchicalBudgets(3)).toEqual([1, 2, 3]);
    expect(topkBudgets(3)).toEqual([3]);
    expect(hierarchicalBudgets(1)).toEqual(topkBudgets(1));
  });
});

describe('passHierarchical', () => {
  it('gives every weight the slope that finite differences of the whole loss show', () => {
    const rng = createRng(3);
    const normals = (size: number) => Float64Array.from({ length: size }, () => Math.fround(rng.normal()));
    const { B, D, F, K } = SIZES;
    const arrays = {
      encoder_FD: normals(F * D),
      encoderBias_F: normals(F),
      decoder_FD: normals(F * D),
      decoderBias_D: normals(D),
    };
    const hidden = normals(B * D);
    const budgets = [1, 3];
    const weights = {
      encoder_FD: tf.tensor2d(Float32Array.from(arrays.encoder_FD), [F, D]),
      encoderBias_F: tf.tensor1d(Float32Array.from(arrays.encoderBias_F)) as Tensor1D,
      decoder_FD: tf.tensor2d(Float32Array.from(arrays.decoder_FD), [F, D]),
      decoderBias_D: tf.tensor1d(Float32Array.from(arrays.decoderBias_D)) as Tensor1D,
    } satisfies Weights;
    const hidden_BD = tf.tensor2d(Float32Array.from(hidden), [B, D]) as Tensor2D;
    const pass = passHierarchical(
      createReferenceKernels(),
      weights,
      hidden_BD,
      { k: K, budgets },
      () => null,
    );
    expect(pass.loss.dataSync()[0]).toBeCloseTo(lossOf(arrays, hidden, budgets), 5);
    for (const name of Object.keys(arrays) as (keyof typeof arrays)[]) {
      const got = pass.gradients[name].dataSync();
      arrays[name].forEach((value, i) => {
        const at = (step: number) => {
          const moved = arrays[name].slice();
          moved[i] = value + step;
          return lossOf({ ...arrays, [name]: moved }, hidden, budgets);
        };
        expect(got[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 4);
      });
    }
  });
});

/** The loss as one function of all weights, in double precision, selection included. */
function lossOf(
  weights: Record<'encoder_FD' | 'encoderBias_F' | 'decoder_FD' | 'decoderBias_D', Float64Array>,
  hidden: Float64Array,
  budgets: number[],
): number {
  const { B, D, F, K } = SIZES;
  const centred = hidden.map((value, i) => value - weights.decoderBias_D[i % D]);
  const pre_BF = oracle.preActs(centred, weights.encoder_FD, weights.encoderBias_F, SIZES);
  const kept = Array.from({ length: B }, (_, b) =>
    oracle.topOfRow(pre_BF.subarray(b * F, (b + 1) * F), K),
  ).flat();
  return oracle.hierarchicalLoss(
    {
      target_BD: hidden,
      acts_BK: kept.map(({ act }) => act),
      indices_BK: kept.map(({ index }) => index),
      decoder_FD: weights.decoder_FD,
      bias_D: weights.decoderBias_D,
      budgets,
    },
    SIZES,
  );
}
