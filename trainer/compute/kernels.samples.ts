/** Sizes, seeded inputs and tolerances of the kernel contract. */
import { expect } from 'vitest';
import type { HierarchicalInput } from './kernels.ts';
import type * as oracle from './kernels.oracle.ts';
import { createRng } from './rng.ts';
import { tf } from './tf.ts';

/** float32 sums of a few hundred terms: flexsae's own tolerances are 1e-4 absolute, 1e-3 relative. */
export const TOLERANCE = { absolute: 1e-5, relative: 1e-4 };

/** B, D, F, K: single, odd, powers of two, just past a tile, K = F, more rows than any block. */
export const SHAPES: readonly oracle.Sizes[] = [
  { B: 1, D: 1, F: 1, K: 1 },
  { B: 3, D: 5, F: 7, K: 7 },
  { B: 17, D: 33, F: 129, K: 5 },
  { B: 64, D: 64, F: 512, K: 16 },
  { B: 9, D: 100, F: 2049, K: 64 },
  { B: 401, D: 24, F: 300, K: 12 },
];

export function budgetChoices(K: number): number[][] {
  const all = Array.from({ length: K }, (_, i) => i + 1);
  const choices = [all, [K], all.filter((j) => (j & (j - 1)) === 0), [1]];
  return K > 2 ? [...choices, [2, K - 1]] : choices;
}

/** Acts sorted as the kernel gives them, the last of every third row 0; indices may repeat within a row. */
export function sparseBatch(
  sizes: oracle.Sizes,
  budgets: number[],
): oracle.SparseBatch & { indices_BK: Int32Array } {
  const { B, D, F, K } = sizes;
  const rng = createRng(4);
  const acts_BK = new Float32Array(B * K);
  for (let b = 0; b < B; b++) {
    const row = Float32Array.from({ length: K }, () => rng.next() + 0.1)
      .sort()
      .reverse();
    if (b % 3 === 0) row[K - 1] = 0;
    acts_BK.set(row, b * K);
  }
  const indices_BK = Int32Array.from(acts_BK, (act) => (act === 0 ? 0 : rng.int(F)));
  return {
    target_BD: normals([B, D], 8),
    acts_BK,
    indices_BK,
    decoder_FD: normals([F, D], 9),
    bias_D: normals([D], 10),
    budgets,
  };
}

export function toInput(batch: oracle.SparseBatch, { B, D, F, K }: oracle.Sizes): HierarchicalInput {
  return {
    target_BD: tf.tensor2d(Float32Array.from(batch.target_BD), [B, D]),
    acts_BK: tf.tensor2d(Float32Array.from(batch.acts_BK), [B, K]),
    indices_BK: tf.tensor2d(Int32Array.from(batch.indices_BK), [B, K], 'int32'),
    decoder_FD: tf.tensor2d(Float32Array.from(batch.decoder_FD), [F, D]),
    decoderBias_D: tf.tensor1d(Float32Array.from(batch.bias_D)),
    budgets: batch.budgets,
  };
}

export function normals(shape: readonly number[], seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
}

/** Within the table's tolerance of the largest expected value; `spread` widens it for long sums. */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, spread = 1): void {
  expect(got.length).toBe(expected.length);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  const limit = spread * (TOLERANCE.absolute * Math.min(1, scale) + TOLERANCE.relative * scale);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const distance = Math.abs(got[i] - expected[i]);
    if (!(distance <= worst)) worst = distance;
  }
  expect(worst).toBeLessThanOrEqual(limit);
}
