/**
 * Fisher's exact test of a 2 x 2 table, two-sided: of all tables with its margins, those no likelier than it. Exact for
 * features that fire in a handful of generations, where a chi-squared test is not.
 */

/** Log probabilities this close are a tie: rounding of sums of logs, far below any true difference. */
const TIE = 1e-10;

/** Rows [a b] and [c d]: fired and silent, in one group and in the other. Cost: O(margin). */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const cells = [a, b, c, d];
  if (!cells.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new Error(`Fisher: expected four counts from 0, got ${cells.join(', ')}. Count the table again.`);
  }
  const [fired, first, total] = [a + c, a + b, a + b + c + d];
  const logs = logFactorials(total);
  const logChoose = (n: number, k: number): number => logs[n] - logs[k] - logs[n - k];
  const logProbability = (x: number): number =>
    logChoose(first, x) + logChoose(total - first, fired - x) - logChoose(total, fired);
  const observed = logProbability(a);
  let p = 0;
  for (let x = Math.max(0, fired - (total - first)); x <= Math.min(fired, first); x++) {
    const log = logProbability(x);
    if (log <= observed + TIE) p += Math.exp(log);
  }
  return Math.min(1, p);
}

let known = Float64Array.of(0);

/** log n! for n up to `most`, kept: thousands of features share one total. */
function logFactorials(most: number): Float64Array {
  if (known.length <= most) {
    known = new Float64Array(most + 1);
    for (let n = 1; n <= most; n++) known[n] = known[n - 1] + Math.log(n);
  }
  return known;
}
