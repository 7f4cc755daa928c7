/** What a box plot shows. Between two values lines are drawn, as numpy and R (type 7) do. */
import type { Quartiles } from '../record.ts';

/** `sorted` ascending; share in 0..1. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const [left, right] = [Math.floor(at), Math.ceil(at)];
  return sorted[left] + (at - left) * (sorted[right] - sorted[left]);
}

export function quartilesOf(values: ArrayLike<number>): Quartiles {
  const n = values.length;
  if (n === 0) throw new Error('Quartiles: expected at least one value, got none. Read some text first.');
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => percentile(sorted, share);
  const mean = sorted.reduce((a, b) => a + b, 0) / n;
  return { min: sorted[0], lower: at(0.25), median: at(0.5), upper: at(0.75), max: sorted[n - 1], mean, n };
}
