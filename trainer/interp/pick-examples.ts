/**
 * The windows shown for a feature: the strongest at the largest budget, enough that every smaller budget has its own
 * strongest, and a seeded uniform sample of every interval of strength. A window appears once per feature, and a text
 * that repeats around the peak (headers, tables) counts as one: the strongest stays.
 */
import { createRng, shuffle } from '../compute/rng.ts';
import type { FeatureActs } from './act-table.ts';
import type { Budgets } from './budgets.ts';
import { INTERVALS, maxOf, partOf } from './feature-stats.ts';
import type { ExampleRecord } from './records.ts';
import { pickTop } from './top-indices.ts';
import type { EvaluationWindows } from './windows.ts';

export interface ExampleOptions {
  readonly windows: EvaluationWindows;
  readonly budgets: Budgets;
  readonly seed: number;
}

/** Strongest windows kept at the largest budget, and at each smaller one. */
export const TOP_EXAMPLES = 20;
export const TOP_EXAMPLES_PER_BUDGET = 10;
/** Windows sampled from every interval. */
export const EXAMPLES_PER_INTERVAL = 5;

/** Candidates looked at for every one kept, so that repeated texts can be passed over. */
const SPARE = 3;
/** Tokens before and after the peak that make two windows the same text. */
const CONTEXT_BEFORE = 8;
const CONTEXT_AFTER = 3;

/** A feature's windows: acts begin_W..end_W of the feature, their peak per budget (level-major, stride W). */
interface Touched {
  readonly count: number;
  readonly window_N: Int32Array;
  readonly begin_N: Uint32Array;
  readonly end_N: Uint32Array;
  readonly peakAt_N: Uint32Array;
  readonly peak_LN: Float32Array;
}

export function createExamplePicker(options: ExampleOptions): (acts: FeatureActs) => ExampleRecord[] {
  const { windows, budgets, seed } = options;
  const W = windows.windowCount;
  const L = budgets.values.length;
  const scratch = {
    window_N: new Int32Array(W),
    begin_N: new Uint32Array(W),
    end_N: new Uint32Array(W),
    peakAt_N: new Uint32Array(W),
    peak_LN: new Float32Array(L * W),
  };

  return (featureActs) => {
    if (featureActs.acts.length === 0) return [];
    const touched = touch(featureActs, options, scratch);
    const chosen = new Map<number, boolean>(); // index into touched -> is it among the strongest
    const keeper = new Map<string, number>(); // text around the peak -> index into touched

    /** Takes candidates in order until `wanted` are in; a repeated text is passed over if its keeper acts here too. */
    const take = (candidates: ArrayLike<number>, wanted: number, level: number, isTop: boolean): void => {
      let taken = 0;
      for (let c = 0; c < candidates.length && taken < wanted; c++) {
        const n = candidates[c];
        if (!(touched.peak_LN[level * W + n] > 0)) continue;
        const text = contextOf(featureActs, touched.peakAt_N[n], windows, budgets.k);
        const kept = keeper.get(text);
        if (kept !== undefined && kept !== n && touched.peak_LN[level * W + kept] > 0) continue;
        if (kept === undefined) keeper.set(text, n);
        chosen.set(n, (chosen.get(n) ?? false) || isTop);
        taken += 1;
      }
    };

    for (let level = L - 1; level >= 0; level--) {
      const wanted = level === L - 1 ? TOP_EXAMPLES : TOP_EXAMPLES_PER_BUDGET;
      take(pickTop(touched.peak_LN, level * W, touched.count, SPARE * wanted), wanted, level, true);
    }
    const max = maxOf(featureActs.acts);
    for (const sample of sampleIntervals(touched, W * (L - 1), max, (seed + featureActs.feature) >>> 0)) {
      take(sample, EXAMPLES_PER_INTERVAL, L - 1, false);
    }
    return [...chosen].map(([n, isTop]) =>
      createExample(featureActs, touched, n, { isTop, max, windows, budgets }),
    );
  };
}

/** Splits a feature's acts, which are in reading order, into windows. */
function touch(
  { acts, entries }: FeatureActs,
  { windows, budgets }: ExampleOptions,
  scratch: Omit<Touched, 'count'>,
): Touched {
  const { window_N, begin_N, end_N, peakAt_N, peak_LN } = scratch;
  const W = windows.windowCount;
  const L = budgets.values.length;
  const perWindow = budgets.k * windows.windowLength;
  let n = -1;
  let window = -1;
  for (let i = 0; i < acts.length; i++) {
    const w = Math.floor(entries[i] / perWindow);
    if (w !== window) {
      window = w;
      n += 1;
      window_N[n] = w;
      begin_N[n] = i;
      peakAt_N[n] = i;
      for (let level = 0; level < L; level++) peak_LN[level * W + n] = 0;
    }
    end_N[n] = i + 1;
    if (acts[i] > acts[peakAt_N[n]]) peakAt_N[n] = i;
    for (let level = budgets.levelOfRank[entries[i] % budgets.k]; level < L; level++) {
      if (acts[i] > peak_LN[level * W + n]) peak_LN[level * W + n] = acts[i];
    }
  }
  return { count: n + 1, ...scratch };
}

/** Uniform samples in random order, strongest interval first; spare ones follow the wanted. */
function sampleIntervals(touched: Touched, peaks: number, max: number, seed: number): number[][] {
  const rng = createRng(seed);
  const size = EXAMPLES_PER_INTERVAL * SPARE;
  const samples = Array.from({ length: INTERVALS }, (): number[] => []);
  const seen = new Uint32Array(INTERVALS);
  for (let n = 0; n < touched.count; n++) {
    const interval = partOf(touched.peak_LN[peaks + n], max, INTERVALS);
    const sample = samples[interval];
    seen[interval] += 1;
    if (sample.length < size) sample.push(n);
    else {
      const at = rng.int(seen[interval]);
      if (at < size) sample[at] = n;
    }
  }
  for (const sample of samples) shuffle(sample, rng);
  return samples.reverse();
}

function contextOf({ entries }: FeatureActs, peakAt: number, windows: EvaluationWindows, k: number): string {
  const T = windows.windowLength;
  const token = Math.floor(entries[peakAt] / k);
  const start = token - (token % T);
  const from = Math.max(start, token - CONTEXT_BEFORE);
  return windows.tokens.subarray(from, Math.min(start + T, token + CONTEXT_AFTER + 1)).join(' ');
}

function createExample(
  { feature, acts, entries }: FeatureActs,
  touched: Touched,
  n: number,
  given: { isTop: boolean; max: number; windows: EvaluationWindows; budgets: Budgets },
): ExampleRecord {
  const { windows, budgets, isTop, max } = given;
  const { k } = budgets;
  const T = windows.windowLength;
  const window = touched.window_N[n];
  const [begin, end, peakAt] = [touched.begin_N[n], touched.end_N[n], touched.peakAt_N[n]];
  const position = (entry: number) => Math.floor(entry / k) - window * T;
  const own = entries.subarray(begin, end);
  const ranks = Array.from(own, (entry) => entry % k);
  return {
    feature,
    corpus: windows.corpora[windows.corpus_W[window]].slug,
    start: windows.start_W[window],
    interval: partOf(acts[peakAt], max, INTERVALS),
    isTop,
    maxAct: acts[peakAt],
    maxPosition: position(entries[peakAt]),
    minRank: Math.min(...ranks),
    positions: Array.from(own, position),
    acts: Array.from(acts.subarray(begin, end)),
    ranks,
  };
}
