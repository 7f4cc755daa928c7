import { describe, expect, it } from 'vitest';
import { addRows, createVarianceSums, explainedVariance, explainedVarianceOf } from './explained-variance.ts';

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

  it('is the same in pieces, and under an offset of a million', () => {
    const sums = createVarianceSums([1e6, 1e6]);
    for (const [from, to] of [
      [0, 4],
      [4, 8],
    ]) {
      const rows = Float64Array.from(hidden.subarray(from, to), (value) => value + 1e6);
      addRows(
        sums,
        rows,
        rows.map((value, i) => value + (i % 2)),
      );
    }
    expect(explainedVarianceOf(sums)).toBeCloseTo(0.8, 9);
  });

  it('calls a constant source explained only if it is met', () => {
    expect(explainedVariance(Float32Array.of(3, 3), Float32Array.of(3, 3), 1)).toBe(1);
    expect(explainedVariance(Float32Array.of(3, 3), Float32Array.of(3, 4), 1)).toBe(0);
  });
});
