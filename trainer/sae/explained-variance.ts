/**
 * Explained variance, EV = 1 - Σ|x - x̂|² / Σ|x - μ|² with μ the mean of all rows taken together (FVU = 1 - EV), summed in
 * double precision around the first row, so that a large common offset cannot cancel the variance away.
 */
export interface VarianceSums {
  readonly shift_D: Float64Array;
  readonly sum_D: Float64Array;
  squares: number;
  errorSquares: number;
  rows: number;
}

export function createVarianceSums(firstRow_D: ArrayLike<number>): VarianceSums {
  const D = firstRow_D.length;
  return {
    shift_D: Float64Array.from(firstRow_D),
    sum_D: new Float64Array(D),
    squares: 0,
    errorSquares: 0,
    rows: 0,
  };
}

export function addRows(sums: VarianceSums, hidden_BD: ArrayLike<number>, recon_BD: ArrayLike<number>): void {
  const D = sums.shift_D.length;
  for (let start = 0; start < hidden_BD.length; start += D) {
    for (let d = 0; d < D; d++) {
      const value = hidden_BD[start + d] - sums.shift_D[d];
      const error = hidden_BD[start + d] - recon_BD[start + d];
      sums.sum_D[d] += value;
      sums.squares += value * value;
      sums.errorSquares += error * error;
    }
    sums.rows += 1;
  }
}

const NO_VARIANCE = 1e-10; // SAELens's degenerate rule: then EV is 1 if the error vanishes too, else 0

export function explainedVarianceOf(sums: VarianceSums): number {
  let meanSquares = 0;
  for (const sum of sums.sum_D) meanSquares += (sum / sums.rows) ** 2;
  const variance = sums.squares / sums.rows - meanSquares;
  const error = sums.errorSquares / sums.rows;
  if (variance < NO_VARIANCE) return error < NO_VARIANCE ? 1 : 0;
  return 1 - error / variance;
}

/** EV of one batch. */
export function explainedVariance(hidden_BD: Float32Array, recon_BD: Float32Array, D: number): number {
  const sums = createVarianceSums(hidden_BD.subarray(0, D));
  addRows(sums, hidden_BD, recon_BD);
  return explainedVarianceOf(sums);
}
