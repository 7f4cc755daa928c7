import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from './dictionary.ts';
import { createEvaluation, evaluate, type EvaluatedBudget } from './evaluate.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

/** Reads the two axes; rebuilds both at half their length. */
const half: DictionaryWeights = {
  kind: 'topk',
  width: 3,
  hiddenWidth: 2,
  k: 2,
  encoder_FD: Float32Array.of(1, 0, 0, 1, 0, 0),
  encoderBias_F: new Float32Array(3),
  decoder_FD: Float32Array.of(0.5, 0, 0, 0.5, 1, 0),
  decoderBias_D: new Float32Array(2),
  selection: { by: 'topk', k: 2 },
  centred: true,
  normalisation: 'none',
};

const ROWS = [[4, 0], [0, 2], [4, 2], [0, 0]]; // prettier-ignore

async function measure(rows: number[][], budgets: EvaluatedBudget[], batchRows = 4) {
  const batches: Tensor2D[] = [];
  for (let i = 0; i < rows.length; i += batchRows) batches.push(tf.tensor2d(rows.slice(i, i + batchRows)));
  const dictionary = createDictionary(kernels, half);
  const metrics = await evaluate({ dictionary, batches, budgets });
  dictionary.dispose();
  return metrics;
}

describe('evaluation', () => {
  it('is worked by hand', async () => {
    const [all, one] = await measure(ROWS, ['all', 1]);
    // Means (2, 1): Σ|x - μ|² = 4 · 5 = 20. Halves miss (2,0) (0,1) (2,1): 4 + 1 + 5 = 10.
    expect(all.explainedVariance).toBeCloseTo(0.5, 12);
    expect(all.fvu).toBeCloseTo(0.5, 12);
    expect(all.meanSquaredError).toBeCloseTo(2.5, 12);
    // 1 - 4/5, 1 - 1/5, 1 - 5/5, 1 - 0/5
    expect(all.evLegacy).toBeCloseTo((0.2 + 0.8 + 0 + 1) / 4, 12);
    expect(all.evLegacyBatchRows).toBe(4);
    expect(all.cosine).toBeCloseTo(3 / 4, 12);
    expect(all.l2Ratio).toBeCloseTo((3 * 0.5) / 4, 12);
    expect(all.relativeReconstructionBias).toBeCloseTo(0.5, 12);
    expect([all.l0, all.l1, all.rows]).toEqual([1, 3, 4]);
    expect([...all.density_F]).toEqual([0.5, 0.5, 0]);
    expect(all.deadFraction).toBeCloseTo(1 / 3, 12);
    // At budget 1 the third row keeps 4 alone: (2, 0) for (4, 2), error 8 instead of 5.
    expect(one.explainedVariance).toBeCloseTo(1 - 13 / 20, 12);
    expect([one.l0, one.l1]).toEqual([0.75, 2.5]);
    expect([...one.density_F]).toEqual([0.5, 0.25, 0]);
    expect(one.cosine).toBeCloseTo((1 + 1 + 8 / Math.sqrt(20 * 4)) / 4, 6);
  });

  it('does not depend on batches but for evLegacy, which says so', async () => {
    const rng = createRng(1);
    const rows = Array.from({ length: 30 }, () => [5 + rng.normal(), rng.normal()]);
    const [whole, parts] = [await measure(rows, ['all'], 30), await measure(rows, ['all'], 7)].flat();
    for (const name of ['explainedVariance', 'meanSquaredError', 'cosine', 'l2Ratio', 'l0', 'l1'] as const) {
      expect(parts[name]).toBeCloseTo(whole[name], 12);
    }
    expect(parts.evLegacy).not.toBeCloseTo(whole.evLegacy, 6);
    expect([whole.evLegacyBatchRows, parts.evLegacyBatchRows]).toEqual([30, 7]);
  });

  it('measures a residual against its own target', async () => {
    const dictionary = createDictionary(kernels, half);
    const hidden_BD = tf.tensor2d([[4, 0], [0, 2]]); // prettier-ignore
    const target_BD = tf.tensor2d([[2, 0], [0, 1]]); // prettier-ignore
    const [metrics] = await evaluate({ dictionary, batches: [{ hidden_BD, target_BD }] });
    expect(metrics).toMatchObject({ explainedVariance: 1, meanSquaredError: 0, cosine: 1 });
  });

  it('is null or 0, never NaN, where nothing is rebuilt and where rows are zeros', () => {
    const evaluation = createEvaluation({ width: 2, hiddenWidth: 2 }, ['all']);
    evaluation.add({ target: [0, 0, 1, 1], acts: [0, 0], indices: [0, 0], reconstructions: [[0, 0, 0, 0]] });
    const [metrics] = evaluation.metrics();
    expect(metrics).toMatchObject({ relativeReconstructionBias: null, cosine: 0, l2Ratio: 0, l0: 0 });
  });

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    await measure(ROWS, [1, 2, 'all'], 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});
