/** A read-out as large as a real one, made up: every kind of record, the same for the same size. For timing only. */
import type { Readout } from '../../interp/records.ts';
import { createRng } from '../../compute/rng.ts';

export interface MadeUpSize {
  /** Features F. */
  readonly width: number;
  readonly examplesPerFeature: number;
  /** Tokens of a window; the examples of all features share as many windows as there are features. */
  readonly windowLength: number;
}

export const CORPUS = 'made-up';
export const BUDGETS = [4, 8, 16, 32];
export const VOCAB_SIZE = 50_000;
/** As interp writes them for every feature. */
const HISTOGRAM_BINS = 40;
const INTERVALS = 5;
const LOGITS_PER_SIDE = 10;
const NEIGHBOURS = 10;
/** Acts of one example: a feature fires a few times where it fires at all. */
const MAX_ACTS = 7;
const TOKENS = 1_000_000;
const LABEL = { explainer: 'token-statistics', model: '', promptSha256: '' };

export function createMadeUpReadout(size: MadeUpSize): Readout {
  const { width: F, windowLength: T } = size;
  const rng = createRng(1);
  const features = Array.from({ length: F }, (_, feature) => feature);
  const act = () => Math.fround(0.1 + 20 * rng.next());
  return {
    ...createTables(features, act, rng.int),
    windows: features.map((w) => ({
      corpus: CORPUS,
      start: w * T,
      tokens: Array.from({ length: T }, () => rng.int(VOCAB_SIZE)),
    })),
    examples: features.flatMap((feature) => createExamples(feature, size, act, rng.int)),
    labels: features.map((feature) => ({
      feature,
      ...LABEL,
      version: '1',
      text: `word ${feature} after "the"`,
    })),
    scores: features.map((feature) => ({
      ...{ feature, ...LABEL, labelVersion: '1', scorer: 'token-rule', version: '1', status: 'ok' as const },
      ...{ value: rng.next(), exampleCount: 1000, detail: { precision: 0.5, recall: 0.5 } },
    })),
    summary: {
      ...{ windowLength: T, windowCount: F, tokenCount: TOKENS, ceTokenCount: 1000, skipFirst: 1, seed: 0 },
      corpora: [{ slug: CORPUS, tokenCount: TOKENS }],
    },
  };
}

/** Of all tables. */
export function countRows({ summary: _, ...tables }: Readout): number {
  return Object.values(tables).reduce((sum, { length }) => sum + length, 0);
}

type Int = (below: number) => number;

function createTables(features: readonly number[], act: () => number, int: Int) {
  const F = features.length;
  const each = <Record>(count: number, create: (feature: number, i: number) => Record): Record[] =>
    features.flatMap((feature) => Array.from({ length: count }, (_, i) => create(feature, i)));
  const budget = BUDGETS[BUDGETS.length - 1];
  return {
    levels: BUDGETS.map((level) => ({
      ...{ budget: level, explainedVariance: 0.5, ceOriginal: 3, ceSpliced: 4, ceZero: 9, ceRecovered: 0.9 },
      ...{ deltaCe: 1, klNats: 1, l0: level, deadFraction: 0, tokenCount: TOKENS, ceTokenCount: 1000 },
    })),
    features: features.map((feature) => ({
      ...{ feature, density: int(1000) / 1e5, maxAct: act(), encoderNorm: act(), encoderBias: -act() },
      encoderDecoderCosine: int(1000) / 1000,
    })),
    featureLevels: each(BUDGETS.length, (feature, level) => ({
      ...{
        feature,
        budget: BUDGETS[level],
        fireCount: int(TOKENS),
        tokenCount: TOKENS,
        density: int(1000) / 1e5,
      },
      ...{ maxAct: act(), meanAct: act(), histogram: Array.from({ length: HISTOGRAM_BINS }, () => int(100)) },
    })),
    featureCorpora: each(BUDGETS.length, (feature, level) => ({
      ...{ feature, budget: BUDGETS[level], corpus: CORPUS, fireCount: int(TOKENS), tokenCount: TOKENS },
    })),
    logits: each(2 * LOGITS_PER_SIDE, (feature, i) => ({
      ...{
        feature,
        side: i < LOGITS_PER_SIDE ? ('top' as const) : ('bottom' as const),
        rank: i % LOGITS_PER_SIDE,
      },
      ...{ token: int(VOCAB_SIZE), value: act() },
    })),
    neighbours: each(Math.min(NEIGHBOURS, F - 1), (feature, rank) => ({
      ...{ feature, rank, neighbour: (feature + 1 + rank) % F, cosine: int(1000) / 1000 },
    })),
    intervals: each(INTERVALS, (feature, interval) => ({
      ...{ feature, budget, interval, lowerAct: interval, upperAct: interval + 1, fireCount: int(TOKENS) },
    })),
  };
}

function createExamples(feature: number, size: MadeUpSize, act: () => number, int: Int): Readout['examples'] {
  const { width: F, examplesPerFeature, windowLength: T } = size;
  const windows = new Set<number>();
  while (windows.size < Math.min(examplesPerFeature, F)) windows.add(int(F));
  return [...windows].map((window, i) => {
    const count = 1 + int(Math.min(MAX_ACTS, T));
    const acts = Array.from({ length: count }, act);
    const maxAct = Math.max(...acts);
    const positions = Array.from({ length: count }, (_, n) => Math.floor((n * T) / count));
    const ranks = Array.from({ length: count }, () => int(BUDGETS[BUDGETS.length - 1]));
    return {
      ...{ feature, corpus: CORPUS, start: window * T, interval: i % INTERVALS, isTop: i < 20, maxAct },
      ...{
        maxPosition: positions[acts.indexOf(maxAct)],
        minRank: Math.min(...ranks),
        positions,
        acts,
        ranks,
      },
    };
  });
}
