/** Nearest-row cosines of several seeds as one histogram. Pure. */
import type { Trial } from './trial-numbers.ts';

/** Bins of several seeds added up; null where no trial of the method has any. */
export function sumCosines(trials: readonly Trial[], method: string) {
  const histograms = trials
    .filter((trial) => trial.method === method)
    .map(({ baseCosines }) => baseCosines)
    .filter(({ counts }) => counts.some((count) => count > 0));
  if (histograms.length === 0) return null;
  const [{ lower, upper, counts: first }] = histograms;
  const counts = first.map((_, bin) => histograms.reduce((sum, { counts }) => sum + (counts[bin] ?? 0), 0));
  return { lower, upper, counts };
}

/** Share of the counts in bins that begin at the threshold or above. */
export function shareAbove(
  { counts, lower, upper }: { counts: readonly number[]; lower: number; upper: number },
  threshold: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const width = (upper - lower) / counts.length;
  const above = counts.filter((_, bin) => lower + bin * width >= threshold - 1e-9);
  return above.reduce((sum, count) => sum + count, 0) / total;
}
