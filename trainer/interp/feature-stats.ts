/**
 * What one feature does over the whole evaluation set, at every budget: counts, strongest and mean act, histogram,
 * firing per corpus, intervals of strength. Bins and intervals are equal parts of 0..max at the largest budget, (lower, upper].
 */
import type { FeatureActs } from './act-table.ts';
import { type Budgets, cumulate } from './budgets.ts';
import type { FeatureCorpusRecord, FeatureIntervalRecord, FeatureLevelRecord } from './records.ts';
import { type EvaluationWindows, countTokens } from './windows.ts';

/** One pixel per bin in a feature row. */
export const HISTOGRAM_BINS = 40;
export const INTERVALS = 5;

export interface FeatureStats {
  readonly levels: readonly FeatureLevelRecord[];
  readonly corpora: readonly FeatureCorpusRecord[];
  readonly intervals: readonly FeatureIntervalRecord[];
}

export type DescribeFeature = (acts: FeatureActs) => FeatureStats;

/** Level-major counts of one feature, each level holding everything its budget shows. */
interface Counts {
  readonly max: number;
  readonly fires: Uint32Array;
  readonly sums: Float64Array;
  readonly maxima: Float64Array;
  readonly histograms: Uint32Array;
  readonly corpora: Uint32Array;
  readonly intervals: Uint32Array;
}

export function createFeatureStats(windows: EvaluationWindows, budgets: Budgets): DescribeFeature {
  const C = windows.corpora.length;
  const tokenCounts = countTokens(windows);
  const tokenCount = tokenCounts.reduce((sum, count) => sum + count, 0);

  return (featureActs) => {
    const { feature } = featureActs;
    const { max, fires, sums, maxima, histograms, corpora, intervals } = countActs(
      featureActs,
      windows,
      budgets,
    );
    return {
      levels: budgets.values.map((budget, level) => ({
        feature,
        budget,
        fireCount: fires[level],
        tokenCount,
        density: fires[level] / tokenCount,
        maxAct: maxima[level],
        meanAct: fires[level] > 0 ? sums[level] / fires[level] : 0,
        histogram: [...histograms.subarray(level * HISTOGRAM_BINS, (level + 1) * HISTOGRAM_BINS)],
      })),
      corpora: budgets.values.flatMap((budget, level) =>
        windows.corpora.map(({ slug }, c) => ({
          feature,
          budget,
          corpus: slug,
          fireCount: corpora[level * C + c],
          tokenCount: tokenCounts[c],
        })),
      ),
      intervals: budgets.values.flatMap((budget, level) =>
        Array.from({ length: INTERVALS }, (_, interval) => ({
          feature,
          budget,
          interval,
          lowerAct: edgeOf(interval, max, INTERVALS),
          upperAct: edgeOf(interval + 1, max, INTERVALS),
          fireCount: intervals[level * INTERVALS + interval],
        })),
      ),
    };
  };
}

function countActs({ acts, entries }: FeatureActs, windows: EvaluationWindows, budgets: Budgets): Counts {
  const L = budgets.values.length;
  const C = windows.corpora.length;
  const max = maxOf(acts);
  const fires = new Uint32Array(L);
  const sums = new Float64Array(L);
  const maxima = new Float64Array(L);
  const histograms = new Uint32Array(L * HISTOGRAM_BINS);
  const corpora = new Uint32Array(L * C);
  const intervals = new Uint32Array(L * INTERVALS);
  for (let i = 0; i < acts.length; i++) {
    const rank = entries[i] % budgets.k;
    const window = Math.floor(entries[i] / budgets.k / windows.windowLength);
    const level = budgets.levelOfRank[rank];
    const act = acts[i];
    fires[level] += 1;
    sums[level] += act;
    if (act > maxima[level]) maxima[level] = act;
    histograms[level * HISTOGRAM_BINS + partOf(act, max, HISTOGRAM_BINS)] += 1;
    corpora[level * C + windows.corpus_W[window]] += 1;
    intervals[level * INTERVALS + partOf(act, max, INTERVALS)] += 1;
  }
  cumulate(fires, L, 1);
  cumulate(sums, L, 1);
  cumulate(histograms, L, HISTOGRAM_BINS);
  cumulate(corpora, L, C);
  cumulate(intervals, L, INTERVALS);
  for (let level = 1; level < L; level++) maxima[level] = Math.max(maxima[level], maxima[level - 1]);
  return { max, fires, sums, maxima, histograms, corpora, intervals };
}

export function maxOf(acts: Float32Array): number {
  let max = 0;
  for (let i = 0; i < acts.length; i++) if (acts[i] > max) max = acts[i];
  return max;
}

/** Lower edge of a part; edge `parts` is max itself. */
export function edgeOf(part: number, max: number, parts: number): number {
  return part === parts ? max : (max * part) / parts;
}

/** The part of (0, max] an act lies in, agreeing with edgeOf to the last bit. */
export function partOf(act: number, max: number, parts: number): number {
  let part = Math.min(parts - 1, Math.max(0, Math.ceil((act / max) * parts) - 1));
  while (part > 0 && act <= edgeOf(part, max, parts)) part -= 1;
  while (part < parts - 1 && act > edgeOf(part + 1, max, parts)) part += 1;
  return part;
}
