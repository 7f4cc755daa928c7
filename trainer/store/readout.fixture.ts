/** A small made-up read-out for tests: every kind of record, consistent in itself, the same for the same seed. */
import { createHash } from 'node:crypto';
import type { CorpusId, ModelId } from '@residua/prisma/ids';
import type { ExampleRecord, Readout } from '../interp/records.ts';
import { saveCorpus } from './corpora.ts';
import type { Database } from './database.ts';
import { saveModel, type ModelRecord } from './models.ts';
import type { ProvenanceRecord } from './provenance.ts';
import type { Publication } from './publish.ts';

export interface ReadoutSize {
  readonly width: number;
  readonly examplesPerFeature: number;
  readonly seed?: number;
}

const BUDGETS = [1, 2, 4];
const WINDOW_TOKENS = 16;
const VOCAB_SIZE = 50;
const CORPORA = ['prose', 'code'];
const EVALUATED_TOKENS = 10_000;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Small linear congruential generator: tests need repeatable, not good, numbers. */
function createNumbers(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

export function createReadout({ width, examplesPerFeature, seed = 0 }: ReadoutSize): Readout {
  const number = createNumbers(seed);
  const features = Array.from({ length: width }, (_, feature) => feature);
  const windowCount = Math.max(4, Math.ceil((width * examplesPerFeature) / 4));
  return {
    levels: BUDGETS.map((budget) => ({
      ...{
        budget,
        explainedVariance: 1 - 1 / (budget + 1),
        ceOriginal: 3.5,
        ceSpliced: 3.5 + 1 / budget,
        ceZero: 8,
      },
      ...{ ceRecovered: budget === 1 ? null : 0.9, deltaCe: 1 / budget, klNats: 0.1, l0: budget },
      ...{ deadFraction: 0.25, tokenCount: EVALUATED_TOKENS, ceTokenCount: 100 },
    })),
    features: features.map((feature) => ({
      ...{ feature, density: number(1000) / 1000, maxAct: number(900) / 100 },
      ...{ encoderNorm: 1.25, encoderBias: -0.5, encoderDecoderCosine: number(1000) / 1000 },
    })),
    featureLevels: features.flatMap((feature) =>
      BUDGETS.map((budget) => ({
        ...{ feature, budget, fireCount: number(EVALUATED_TOKENS), tokenCount: EVALUATED_TOKENS },
        ...{ density: number(1000) / 1000, maxAct: 3, meanAct: 1.5, histogram: [number(9), 2, 0] },
      })),
    ),
    featureCorpora: features.flatMap((feature) =>
      CORPORA.map((corpus) => ({
        ...{ feature, budget: 4, corpus, fireCount: number(5000), tokenCount: 5000 },
      })),
    ),
    logits: features.flatMap((feature) => [
      { feature, side: 'top' as const, rank: 0, token: number(VOCAB_SIZE), value: 2.5 },
      { feature, side: 'bottom' as const, rank: 0, token: number(VOCAB_SIZE), value: -2.5 },
    ]),
    neighbours: features.map((feature) => ({
      ...{ feature, rank: 0, neighbour: (feature + 1) % width, cosine: 0.5 },
    })),
    intervals: features.map((feature) => ({
      ...{ feature, budget: 4, interval: 0, lowerAct: 0, upperAct: 3, fireCount: 12 },
    })),
    windows: Array.from({ length: windowCount }, (_, index) => ({
      corpus: CORPORA[index % 2],
      start: index * WINDOW_TOKENS,
      tokens: Array.from({ length: WINDOW_TOKENS }, () => number(VOCAB_SIZE)),
    })),
    examples: features.flatMap((feature) =>
      Array.from({ length: examplesPerFeature }, (_, index) =>
        createExample(feature, (feature + index) % windowCount),
      ),
    ),
    labels: features.map((feature) => ({
      ...{ feature, explainer: 'token-statistics', version: '1', model: '', promptSha256: '' },
      text: `feature\t${feature} \\ of "quotes"\nand 日本`,
    })),
    scores: features.map((feature) => ({
      ...{
        feature,
        explainer: 'token-statistics',
        labelVersion: '1',
        model: '',
        promptSha256: '',
        scorer: 'tokens',
      },
      ...{
        version: '1',
        status: feature % 2 ? ('ok' as const) : ('skipped' as const),
        value: feature % 2 ? 0.75 : null,
      },
      ...{ exampleCount: 20, detail: { hits: [1, 2], rate: 0.5 } },
    })),
    summary: {
      ...{
        windowLength: WINDOW_TOKENS,
        windowCount,
        tokenCount: EVALUATED_TOKENS,
        ceTokenCount: 100,
        skipFirst: 0,
      },
      ...{ seed, corpora: CORPORA.map((slug) => ({ slug, tokenCount: EVALUATED_TOKENS / 2 })) },
    },
  };
}

function createExample(feature: number, window: number): ExampleRecord {
  return {
    ...{
      feature,
      corpus: CORPORA[window % 2],
      start: window * WINDOW_TOKENS,
      interval: 0,
      isTop: window % 3 === 0,
    },
    ...{
      maxAct: 2.5,
      maxPosition: 3,
      minRank: 0,
      positions: [1, 3],
      acts: [Math.fround(0.1), 2.5],
      ranks: [2, 0],
    },
  };
}

const model: ModelRecord = {
  ...{
    slug: 'tiny',
    name: 'Tiny',
    family: 'llama',
    description: '',
    layerCount: 2,
    hiddenWidth: 8,
    headCount: 2,
  },
  ...{
    kvHeadCount: 1,
    vocabSize: VOCAB_SIZE,
    contextLength: WINDOW_TOKENS,
    parameterCount: 1234,
    revision: 'r1',
  },
  ...{ sha256: sha256('tiny weights'), config: { a: 1 }, training: null, heldOutNats: 3.5 },
};

export const provenance: ProvenanceRecord = {
  ...{ modelSlug: 'tiny', modelRevision: 'r1', modelSha256: sha256('tiny weights'), tokenizer: 'bpe' },
  ...{
    checkpointSha256: sha256('checkpoint'),
    trainCorpora: [],
    readCorpora: [],
    contextLength: WINDOW_TOKENS,
  },
  ...{
    bosPolicy: 'none',
    normalisation: 'none',
    codeCommit: 'abc',
    backend: 'cpu',
    seed: 0,
    trainTokenCount: 100,
  },
  ...{ readTokenCount: 100, command: 'residua train-sae', config: { width: 8 } },
};

export const tokens: readonly Uint8Array[] = Array.from({ length: VOCAB_SIZE }, (_, index) =>
  Uint8Array.of(index),
);

export const saveTinyModel = (db: Database): Promise<ModelId> => saveModel(db, model, tokens);
export { model as tinyModel };

/** Saves the model and the corpora, and puts a publication on them together. */
export async function createPublication(
  db: Database,
  size: ReadoutSize,
  slug = 'tiny-dictionary',
): Promise<Publication> {
  const corpora = new Map<string, CorpusId>();
  for (const corpus of CORPORA) {
    const record = {
      slug: corpus,
      name: corpus,
      domain: 'general',
      description: '',
      documentCount: 1,
      byteCount: 9,
    };
    corpora.set(corpus, await saveCorpus(db, { ...record, sha256: sha256(corpus) }));
  }
  return {
    dictionary: {
      ...{
        slug,
        name: 'Tiny dictionary',
        kind: 'hierarchical_topk',
        hookpoint: 'layers.1.residual.post',
        layer: 1,
      },
      ...{ width: size.width, hiddenWidth: 8, maxBudget: 4, parent: null, domain: null },
    },
    model: await saveTinyModel(db),
    run: null,
    corpora,
    provenance,
    readout: createReadout(size),
  };
}
