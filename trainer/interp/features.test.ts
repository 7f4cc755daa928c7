import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type ActTable, type FeatureActs, createActCollector } from './act-table.ts';
import { createBudgets } from './budgets.ts';
import { describeRows, pickNeighbours } from './dictionary-rows.ts';
import { pickLogits } from './feature-logits.ts';
import { HISTOGRAM_BINS, INTERVALS, createFeatureStats, edgeOf, partOf } from './feature-stats.ts';
import { createExamplePicker } from './pick-examples.ts';
import type { ExampleRecord } from './records.ts';
import { createToyDictionary } from './toy-subject.ts';
import { pickTop } from './top-indices.ts';
import { type EvaluationWindows, pickWindows } from './windows.ts';

const K = 8;
const T = 16;
const BUDGETS = createBudgets([1, 3, 8]);

beforeAll(async () => {
  await openBackend({ name: 'cpu' });
});

function finish<Result>(steps: Generator<unknown, Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Two corpora of random tokens. */
function randomWindows(seed: number, W: number): EvaluationWindows {
  const rng = createRng(seed);
  const tokens = () => Uint16Array.from({ length: (W * T) / 2 }, () => rng.int(500));
  return pickWindows(
    [
      { corpus: 'a', name: 'A', tokens: tokens() },
      { corpus: 'b', name: 'B', tokens: tokens() },
    ],
    { windowLength: T, tokenCount: W * T, skipFirst: 1 },
  );
}

/** Every counted token gets K random features of F with descending random acts. */
function randomTable(windows: EvaluationWindows, F: number, seed: number): ActTable {
  const rng = createRng(seed);
  const N = windows.windowCount * T;
  const collector = createActCollector({ width: F, k: K, tokenCount: N });
  for (let n = 0; n < N; n++) {
    if (windows.counted_N[n] === 0) continue;
    const features = new Set<number>();
    while (features.size < K) features.add(rng.int(F));
    const acts = Float32Array.from({ length: K }, () => 5 * rng.next() ** 2).sort().reverse(); // prettier-ignore
    if (n % 3 === 0) acts.fill(0, 5);
    collector.add(acts, Int32Array.from(features), Int32Array.of(n));
  }
  return collector.close();
}

const windows = randomWindows(1, 60);
const table = randomTable(windows, 20, 2);

describe('parts of a range', () => {
  it('hold what lies above their lower edge and up to their upper one', () => {
    const rng = createRng(4);
    for (let i = 0; i < 2000; i++) {
      const max = Math.fround(10 * rng.next() + 0.01);
      const act = i % 10 === 0 ? edgeOf(1 + rng.int(5), max, 5) : Math.fround(max * (1 - rng.next()));
      const part = partOf(act, max, 5);
      expect(act).toBeGreaterThan(edgeOf(part, max, 5));
      expect(act).toBeLessThanOrEqual(edgeOf(part + 1, max, 5));
    }
  });
});

describe('feature stats', () => {
  const describeFeature = createFeatureStats(windows, BUDGETS);

  it('count exactly the acts whose rank is below the budget', () => {
    for (let feature = 0; feature < 20; feature++) {
      const acts = table.of(feature);
      const stats = describeFeature(acts);
      stats.levels.forEach((level) => {
        const shown = [...acts.entries.keys()].filter((i) => acts.entries[i] % K < level.budget);
        const sum = shown.reduce((total, i) => total + acts.acts[i], 0);
        expect(level.fireCount).toBe(shown.length);
        expect(level.tokenCount).toBe(60 * 15);
        expect(level.density).toBe(shown.length / 900);
        expect(level.maxAct).toBe(Math.max(0, ...shown.map((i) => acts.acts[i])));
        expect(level.meanAct).toBeCloseTo(shown.length > 0 ? sum / shown.length : 0, 9);
      });
    }
  });

  it('split every count into bins, corpora and intervals without remainder', () => {
    for (let feature = 0; feature < 20; feature++) {
      const { levels, corpora, intervals } = describeFeature(table.of(feature));
      for (const { budget, fireCount, histogram } of levels) {
        const sumOf = (records: readonly { budget: number; fireCount: number }[]) =>
          records
            .filter((record) => record.budget === budget)
            .reduce((sum, record) => sum + record.fireCount, 0);
        expect(histogram.length).toBe(HISTOGRAM_BINS);
        expect(histogram.reduce((sum, count) => sum + count, 0)).toBe(fireCount);
        expect(sumOf(corpora)).toBe(fireCount);
        expect(sumOf(intervals)).toBe(fireCount);
      }
    }
  });

  it('give intervals whose edges meet, from 0 to the max, and whose counts are those of the acts inside', () => {
    const acts = table.of(7);
    const { intervals, levels } = describeFeature(acts);
    for (const interval of intervals) {
      const inside = [...acts.acts.keys()].filter(
        (i) =>
          acts.entries[i] % K < interval.budget &&
          acts.acts[i] > interval.lowerAct &&
          acts.acts[i] <= interval.upperAct,
      );
      expect(interval.fireCount).toBe(inside.length);
    }
    const largest = intervals.filter(({ budget }) => budget === K);
    expect(largest[0].lowerAct).toBe(0);
    expect(largest[INTERVALS - 1].upperAct).toBe(levels[2].maxAct);
    largest.slice(1).forEach((interval, i) => expect(interval.lowerAct).toBe(largest[i].upperAct));
  });

  it('are zeros, not gaps, for a feature that never acts', () => {
    const silent: FeatureActs = { feature: 3, acts: new Float32Array(0), entries: new Uint32Array(0) };
    const { levels, intervals } = describeFeature(silent);
    expect(
      levels.map(({ fireCount, density, maxAct, meanAct }) => [fireCount, density, maxAct, meanAct]),
    ).toEqual(BUDGETS.values.map(() => [0, 0, 0, 0]));
    expect(intervals.length).toBe(BUDGETS.values.length * INTERVALS);
  });
});

describe('examples', () => {
  const pick = (seed = 1, over: Partial<{ windows: EvaluationWindows }> = {}) =>
    createExamplePicker({ windows, budgets: BUDGETS, seed, ...over });
  const keyOf = ({ corpus, start }: ExampleRecord) => `${corpus} ${start}`;

  it('show each window once, with all its acts and their ranks', () => {
    for (let feature = 0; feature < 20; feature++) {
      const acts = table.of(feature);
      const examples = pick()(acts);
      expect(new Set(examples.map(keyOf)).size).toBe(examples.length);
      for (const example of examples) {
        const w = [...windows.start_W.keys()].find(
          (i) =>
            windows.start_W[i] === example.start &&
            windows.corpora[windows.corpus_W[i]].slug === example.corpus,
        ) as number;
        const own = [...acts.entries.keys()].filter((i) => Math.floor(acts.entries[i] / K / T) === w);
        expect(example.positions).toEqual(own.map((i) => Math.floor(acts.entries[i] / K) - w * T));
        expect(example.acts).toEqual(own.map((i) => acts.acts[i]));
        expect(example.ranks).toEqual(own.map((i) => acts.entries[i] % K));
        expect(example.minRank).toBe(Math.min(...example.ranks));
        expect(example.maxAct).toBe(Math.max(...example.acts));
        expect(example.acts[example.positions.indexOf(example.maxPosition)]).toBe(example.maxAct);
      }
    }
  });

  it('hold the strongest windows of every budget', () => {
    const acts = table.of(5);
    const examples = pick()(acts);
    for (const [level, budget] of BUDGETS.values.entries()) {
      const peaks = new Map<number, number>();
      acts.acts.forEach((act, i) => {
        const w = Math.floor(acts.entries[i] / K / T);
        if (acts.entries[i] % K < budget) peaks.set(w, Math.max(peaks.get(w) ?? 0, act));
      });
      const strongest = [...peaks].sort((a, b) => b[1] - a[1]).slice(0, level === 2 ? 20 : 10);
      for (const [w] of strongest) {
        const corpus = windows.corpora[windows.corpus_W[w]].slug;
        const found = examples.find((example) => keyOf(example) === `${corpus} ${windows.start_W[w]}`);
        expect(found?.isTop).toBe(true);
        expect(found?.minRank).toBeLessThan(budget);
      }
    }
  });

  it('sample every interval that has windows', () => {
    const acts = table.of(5);
    const present = new Set(pick()(acts).map((example) => example.interval));
    const peaks = new Map<number, number>();
    acts.acts.forEach((act, i) => {
      const w = Math.floor(acts.entries[i] / K / T);
      peaks.set(w, Math.max(peaks.get(w) ?? 0, act));
    });
    const max = Math.max(...acts.acts);
    expect(present).toEqual(new Set([...peaks.values()].map((peak) => partOf(peak, max, INTERVALS))));
  });

  it('are the same for the same seed and sampled anew for another', () => {
    const all = (seed: number) => Array.from({ length: 20 }, (_, feature) => pick(seed)(table.of(feature)));
    expect(all(1)).toEqual(all(1));
    expect(all(1)).not.toEqual(all(2));
  });

  it('show a text that repeats around the peak once', () => {
    const tokens = Uint16Array.from({ length: 30 * T }, (_, n) => (n < 20 * T ? n % T : 100 + n));
    const repeated = pickWindows([{ corpus: 'a', name: 'A', tokens }], {
      windowLength: T,
      tokenCount: 30 * T,
      skipFirst: 1,
    });
    const entries = Uint32Array.from({ length: 30 }, (_, w) => (w * T + 9) * K);
    const acts: FeatureActs = {
      feature: 0,
      acts: Float32Array.from(entries, (_, w) => 1 + w / 100),
      entries,
    };
    const examples = pick(1, { windows: repeated })(acts);
    expect(examples.length).toBe(11);
    expect(examples.filter(({ start }) => start < 20 * T).map(({ start }) => start)).toEqual([19 * T]);
  });
});

describe('top indices', () => {
  it('are the strongest first, ties by index, of the run asked for', () => {
    expect([...pickTop([9, 1, 5, 5, 7, 9], 1, 4, 3)]).toEqual([3, 1, 2]);
    expect([...pickTop([1, 2], 0, 2, 5)]).toEqual([1, 0]);
  });

  it('agree with a full sort', () => {
    const rng = createRng(8);
    const values = Float32Array.from({ length: 300 }, () => rng.int(40));
    const sorted = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b).slice(0, 25);
    expect([...pickTop(values, 0, 300, 25)]).toEqual(sorted);
  });
});

describe('dictionary rows', () => {
  const rows = [[1, 0], [0.6, 0.8], [0, 1], [-1, 0]]; // prettier-ignore

  it('push tokens through the norm weight and the unembedding', () => {
    const unembedding_VD = tf.tensor2d([[1, 0], [0, 1], [1, 1]]); // prettier-ignore
    const logits = finish(
      pickLogits(tf.tensor2d(rows), { unembedding_VD, finalNorm_D: Float32Array.of(1, 2) }),
    );
    const of = (feature: number, side: string) =>
      logits
        .filter((l) => l.feature === feature && l.side === side)
        .map((l) => [l.token, +l.value.toFixed(5)]);
    expect(of(1, 'top')).toEqual([[2, 2.2], [1, 1.6], [0, 0.6]]); // prettier-ignore
    expect(of(3, 'bottom')).toEqual([[0, -1], [2, -1], [1, 0]]); // prettier-ignore
  });

  it('go through the output projection first where they are rows of heads', () => {
    const unembedding_VD = tf.tensor2d([[1, 0], [0, 1]]); // prettier-ignore
    const output_DX = tf.tensor2d([[0, 2, 0], [0, 0, 3]]); // prettier-ignore
    const logits = finish(pickLogits(tf.tensor2d([[9, 1, -1]]), { unembedding_VD }, output_DX));
    expect(logits.map(({ side, token, value }) => [side, token, value])).toEqual([
      ...[['top', 0, 2], ['top', 1, -3]], // prettier-ignore
      ...[['bottom', 1, -3], ['bottom', 0, 2]], // prettier-ignore
    ]);
  });

  it('have the nearest other rows as neighbours', () => {
    const neighbours = finish(pickNeighbours(tf.tensor2d(rows).mul(3)));
    const first = neighbours.filter(({ feature }) => feature === 0);
    expect(first.map(({ rank, neighbour }) => [rank, neighbour])).toEqual([[0, 1], [1, 2], [2, 3]]); // prettier-ignore
    expect(first[0].cosine).toBeCloseTo(0.6, 6);
    expect(first[2].cosine).toBeCloseTo(-1, 6);
  });

  it('tell the encoder norm, its bias and its cosine with the decoder', () => {
    const dictionary = {
      ...createToyDictionary(rows),
      encoder_FD: tf.tensor2d([[3, 4], [0, 0], [0, 2], [2, 0]]), // prettier-ignore
      encoderBias_F: tf.tensor1d([1, 2, 3, 4]),
    };
    const records = describeRows(dictionary);
    expect(records[0]).toEqual({ feature: 0, encoderNorm: 5, encoderBias: 1, encoderDecoderCosine: 0.6 });
    expect(records.map((record) => record.encoderDecoderCosine)).toEqual([0.6, 0, 1, -1]);
  });
});
