/** The point with the least summed distance to all rows (Weiszfeld 1937): where a dictionary's decoder bias starts. */

const ITERATIONS = 100;
const RELATIVE_CHANGE = 1e-5;
const TINY = 1e-12; // a row that coincides with the estimate

/** hidden_ND holds N rows of D. */
export function geometricMedian(hidden_ND: ArrayLike<number>, D: number): Float64Array {
  const N = hidden_ND.length / D;
  let median_D = weightedMean(hidden_ND, D, () => 1);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next_D = weightedMean(
      hidden_ND,
      D,
      (row) => 1 / Math.max(distance(hidden_ND, row * D, median_D), TINY),
    );
    const change = distance(next_D, 0, median_D);
    const size = Math.sqrt(next_D.reduce((sum, value) => sum + value * value, 0));
    median_D = next_D;
    if (N < 2 || change <= RELATIVE_CHANGE * size) break;
  }
  return median_D;
}

function weightedMean(
  hidden_ND: ArrayLike<number>,
  D: number,
  weightOf: (row: number) => number,
): Float64Array {
  const sum_D = new Float64Array(D);
  let total = 0;
  for (let row = 0; row < hidden_ND.length / D; row++) {
    const weight = weightOf(row);
    total += weight;
    for (let d = 0; d < D; d++) sum_D[d] += weight * hidden_ND[row * D + d];
  }
  return sum_D.map((value) => value / total);
}

function distance(values: ArrayLike<number>, start: number, point_D: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < point_D.length; d++) sum += (values[start + d] - point_D[d]) ** 2;
  return Math.sqrt(sum);
}
