import { describe, expect, it } from 'vitest';
import { createRng } from '../compute/rng.ts';
import { createVariance, explainedVariance } from './explained-variance.ts';

const hidden = Float32Array.of(0, 0, 2, 0, 0, 4, 2, 4); // mean (1, 2), Σ|x - μ|² = 4 * 5 = 20

describe('explained variance', () => {
  it('is 1 for a perfect copy, 0 for the mean, and 1 - error/variance between', () => {
    expect(explainedVariance(hidden, hidden, 2)).toBe(1);
    expect(explainedVariance(hidden, Float32Array.of(1, 2, 1, 2, 1, 2, 1, 2), 2)).toBe(0);
    // Each row off by (0, 1): Σ|r|² = 4.
    expect(explainedVariance(hidden, Float32Array.of(0, 1, 2, 1, 0, 5, 2, 5), 2)).toBeCloseTo(0.8, 12);
  });

  it('counts a constant error: it is no variance of the residual that is meant', () => {
    const shifted = hidden.map((value) => value + 5);
    expect(explainedVariance(hidden, shifted, 2)).toBeCloseTo(1 - 200 / 20, 10);
  });

  it('is the same under an offset of a million', () => {
    const rows = Float64Array.from(hidden, (value) => value + 1e6);
    const off = rows.map((value, i) => value + (i % 2));
    expect(explainedVariance(rows, off, 2)).toBeCloseTo(0.8, 9);
  });

  it('equals the two-pass formula on random rows, however they are cut into batches', () => {
    const rng = createRng(3);
    const [N, D] = [60, 5];
    const x = Float32Array.from({ length: N * D }, () => 10 + rng.normal());
    const y = x.map((value) => value + 0.3 * rng.normal());
    const mean = Array.from({ length: D }, (_, d) => {
      let sum = 0;
      for (let n = 0; n < N; n++) sum += x[n * D + d];
      return sum / N;
    });
    let error = 0;
    let spread = 0;
    x.forEach((value, i) => {
      error += (value - y[i]) ** 2;
      spread += (value - mean[i % D]) ** 2;
    });
    for (const cut of [D, 7 * D, N * D]) {
      const variance = createVariance(D, 1);
      for (let i = 0; i < x.length; i += cut) {
        variance.addHidden(x.subarray(i, i + cut));
        variance.addReconstruction(0, x.subarray(i, i + cut), y.subarray(i, i + cut));
      }
      expect(variance.explainedVariance()[0]).toBeCloseTo(1 - error / spread, 9);
      expect(variance.variance()).toBeCloseTo(spread / N, 9);
      expect(variance.meanSquaredError()[0]).toBeCloseTo(error / N, 9);
    }
  });

  it('is 1 for a constant set rebuilt exactly and 0 for one that is not', () => {
    const variance = createVariance(2, 2);
    const rows = Float32Array.from([3, 4, 3, 4]);
    variance.addHidden(rows);
    variance.addReconstruction(0, rows, rows);
    variance.addReconstruction(1, rows, new Float32Array(4));
    expect(variance.explainedVariance()).toEqual([1, 0]);
  });
});
