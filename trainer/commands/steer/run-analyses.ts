/** The analyses of one set of vectors: texts, seeds and sizes chosen, the room's functions called, the records completed. */
import path from 'node:path';
import { createRng } from '../../compute/rng.ts';
import { answerAll, shareCorrect, type Answer } from '../../steering/analyses/answers.ts';
import { compareLayers } from '../../steering/analyses/cosines.ts';
import { readFeatures, type ReadableFeatures } from '../../steering/analyses/features.ts';
import { pairGenerations } from '../../steering/analyses/generations.ts';
import { readLogitLens } from '../../steering/analyses/logit-lens.ts';
import { measurePatched } from '../../steering/analyses/patched-answers.ts';
import { penultimateVector } from '../../steering/analyses/patched-layer.ts';
import { patchPaths } from '../../steering/analyses/patching.ts';
import { measurePersistence } from '../../steering/analyses/persistence.ts';
import { testPrefixes } from '../../steering/analyses/prefix-test.ts';
import { adaptiveLayer, readTokenScaling } from '../../steering/analyses/token-scaling.ts';
import { readTokenShift } from '../../steering/analyses/token-shift.ts';
import { appliedOf, checkApplied, steeringOf, type AppliedVectors } from '../../steering/applied-vectors.ts';
import { openOverlay, type OpenOverlay, type Overlay, type Steering } from '../../steering/overlay.ts';
import { ANALYSIS_FIGURES } from '../../steering/paper-figures.ts';
import type { Problem } from '../../steering/problem.ts';
import { ANALYSES, type Analysis, type AnalysisKind, type VectorRecord } from '../../steering/record.ts';
import { createProvenance, isWritten, type SteerBench } from './bench.ts';
import { keep, keyOf } from '../kept.ts';

export interface AnalysisPlan {
  /** Held-out problems, as evenly over the sets as they come. */
  readonly problems: number;
  /** Answers to each where accuracies are compared. */
  readonly samples: number;
  /** Texts for persistence; the paper has 100. */
  readonly persistenceTexts: number;
  /** Shown side by side. */
  readonly shown: number;
  readonly seed: number;
}

/** 256 is the paper's for token shift and KL. */
export const ANALYSIS_PLAN: AnalysisPlan = {
  problems: 256,
  samples: 2,
  persistenceTexts: 100,
  shown: 24,
  seed: 1,
};

/** Texts and a dictionary of states at a hookpoint: what features are counted on. */
export interface FeatureSource {
  readonly dictionary: ReadableFeatures;
  /** Of the model as it is. */
  readonly texts: readonly Answer[];
  /** Which dictionary it is, for the record. */
  readonly note: string;
}

export interface AnalysisBench extends SteerBench {
  readonly plan: AnalysisPlan;
  /** Folder where finished ones are found again; its name stands for everything that decides them. */
  readonly keptIn?: string;
  /** Undefined: features are left out. */
  openFeatures?(layers: readonly number[]): Promise<FeatureSource>;
}

/** Those that say something of such a set. */
export function kindsFor(
  { adapter, layers, place }: Pick<VectorRecord, 'adapter' | 'layers' | 'place'>,
  layerCount: number,
): AnalysisKind[] {
  const isAdaptive = adapter === 'adaptive';
  const isStream = place === 'mlp.out' || place === 'residual.post';
  const isFit: Partial<Record<AnalysisKind, boolean>> = {
    cosines: layers.length > 1,
    patching: !isAdaptive && isStream && layers.some(({ layer }) => layer === layerCount - 2),
    'token-scaling': isAdaptive,
  };
  return ANALYSES.filter((kind) => isFit[kind] ?? true);
}

/** A set that is being read: its answers are written once, whatever reads them. */
interface Reading {
  readonly bench: AnalysisBench;
  readonly vector: VectorRecord;
  readonly applied: AppliedVectors;
  readonly steering: Steering;
  readonly overlays: { readonly base: Overlay; readonly steered: OpenOverlay };
  readonly problems: readonly Problem[];
  /** One to each problem. */
  base(): Promise<readonly Answer[]>;
  steered(): Promise<readonly Answer[]>;
}

/** In the order of `kinds`; each is said as it ends. */
export async function* runAnalyses(
  bench: AnalysisBench,
  vector: VectorRecord,
  kinds: readonly AnalysisKind[],
): AsyncGenerator<Analysis> {
  checkModel(bench, vector);
  const reading = openReading(bench, vector);
  // Another training under the same name is another set.
  const folder = bench.keptIn && path.join(bench.keptIn, `${vector.slug}-${keyOf(vector.layers)}`);
  try {
    for (const kind of kinds) {
      if (kind === 'features' && !bench.openFeatures) continue;
      const read = (): Promise<Analysis> => analyse(reading, kind);
      yield await (folder ? keep(path.join(folder, `${kind}.json`), read) : read());
    }
  } finally {
    reading.overlays.steered.dispose();
  }
}

async function analyse(reading: Reading, kind: AnalysisKind): Promise<Analysis> {
  const { bench, vector } = reading;
  const count = reading.problems.length;
  const startedMs = bench.now();
  const { notes = [], ...found } = await READERS[kind](reading);
  const { plan, measuring } = bench;
  const settings = { ...plan, maxTokens: measuring.maxTokens, temperature: measuring.temperature };
  const provenance = createProvenance(bench, {
    startedMs,
    settings,
    count,
    notes: [...(NOTES[kind] ?? []), ...notes],
  });
  bench.say(`${vector.slug}: ${kind}, ${provenance.seconds} s`);
  return {
    format: 'residua-steering-analysis-1',
    vector: vector.slug,
    provenance,
    paper: ANALYSIS_FIGURES[kind],
    ...found,
  } as Analysis;
}

const NOTES: Partial<Record<AnalysisKind, readonly string[]>> = {
  patching: ['Of a set over several layers, the vector of the layer before the last is applied alone.'],
  persistence: ['The mean of Diff-Diff is taken over each response; intervals draw responses.'],
  features: [
    'A dictionary on hidden states of generations, where the paper has one on differences of activations.',
    'Counted on answers of the untouched model: right and wrong ones are both many there.',
  ],
};

/** notes: what only this reading knows, for its provenance. */
type Found = { readonly kind: AnalysisKind; readonly notes?: readonly string[] };

const READERS: Readonly<Record<AnalysisKind, (reading: Reading) => Promise<Found>>> = {
  'logit-lens': async ({ bench, applied, overlays, steered }) =>
    readLogitLens(bench.model, applied, overlays, (await steered()).filter(isWritten)),
  cosines: ({ applied }) => Promise.resolve(compareLayers(applied)),
  'token-shift': async ({ bench, overlays, steered }) => {
    const { firstProbabilities: _, ...shift } = readTokenShift(
      bench.model,
      overlays,
      (await steered()).filter(isWritten),
    );
    return shift;
  },
  prefix: readPrefixes,
  persistence: async ({ bench, applied, overlays, steered }) =>
    measurePersistence(
      bench.model,
      applied,
      overlays,
      (await steered()).filter(isWritten).slice(0, bench.plan.persistenceTexts),
      createRng(bench.plan.seed),
    ),
  patching: readPatching,
  'token-scaling': readScaling,
  features: readFeatureTable,
  generations: async ({ bench, base, steered }) => {
    const { shown } = bench.plan;
    return pairGenerations(
      (await base()).slice(0, shown),
      (await steered()).slice(0, shown),
      bench.model.tokenizer,
    );
  },
};

async function readPrefixes({ bench, overlays, steering, steered, problems }: Reading): Promise<Found> {
  const { model, chat, plan } = bench;
  const shift = readTokenShift(model, overlays, (await steered()).filter(isWritten));
  const asking = askingOf(bench, plan.samples);
  const measure = async (one: Steering | null, prefix: readonly number[] = []) =>
    shareCorrect(await answerAll(model, one, problems, asking, prefix));
  return testPrefixes({
    ...{ tokenizer: model.tokenizer, shift, stopTokens: chat.stopTokens },
    base: await measure(null),
    steered: await measure(steering),
    measure: (prefix) => measure(null, prefix),
  });
}

async function readPatching({ bench, applied, problems }: Reading): Promise<Found> {
  const { model, plan } = bench;
  const vector_D = penultimateVector(applied, model.config);
  const alone = steeringOf({
    layers: [{ layer: model.config.layerCount - 2, values_D: vector_D }],
    place: applied.place,
  });
  const texts = (await answerAll(model, alone, problems, askingOf(bench, 1))).filter(isWritten);
  const asking = askingOf(bench, plan.samples);
  return patchPaths({
    ...{ model, vector_D, texts, rng: createRng(plan.seed) },
    measure: (mode) => Promise.resolve(measurePatched(model, { vector_D, mode }, problems, asking)),
  });
}

async function readScaling({ bench, vector, applied, overlays, steered }: Reading): Promise<Found> {
  const layer = adaptiveLayer(applied);
  if (layer === undefined) {
    throw new Error(
      `${vector.slug}: expected a set scaled token by token, got ${vector.adapter}. Train one with --adapter adaptive.`,
    );
  }
  const { hiddenNorm } = vector.layers.find((one) => one.layer === layer)!;
  const texts = (await steered()).filter(isWritten).slice(0, bench.plan.persistenceTexts);
  const rng = createRng(bench.plan.seed);
  return readTokenScaling({
    model: bench.model,
    applied,
    layer,
    steered: overlays.steered,
    texts,
    hiddenNorm,
    rng,
  });
}

async function readFeatureTable({ bench, applied, overlays, problems }: Reading): Promise<Found> {
  const { model, plan } = bench;
  const { dictionary, texts, note } = await bench.openFeatures!(applied.layers.map(({ layer }) => layer));
  const layer = Number(/^layers\.(\d+)\./.exec(dictionary.hookpoint)?.[1]);
  const own = applied.layers.find((one) => one.layer === layer && !one.readOut_M);
  const asking = askingOf(bench, plan.samples);
  const found = await readFeatures({
    ...{ model, dictionary, overlay: overlays.base, vector_D: own?.values_D },
    texts: texts.filter(isWritten),
    measure: async (values_D) => {
      const steering = steeringOf({ layers: [{ layer, values_D }], place: applied.place });
      return shareCorrect(await answerAll(model, steering, problems, asking));
    },
  });
  return { ...found, notes: [note] };
}

const askingOf = ({ chat, measuring, plan }: AnalysisBench, samples: number) => ({
  ...{ chat, samples, seed: plan.seed },
  ...{ maxTokens: measuring.maxTokens, temperature: measuring.temperature },
});

function openReading(bench: AnalysisBench, vector: VectorRecord): Reading {
  const { model, plan } = bench;
  const applied = appliedOf(vector);
  checkApplied(applied, model.config, vector.slug);
  const steering = steeringOf(applied);
  const problems: readonly Problem[] = spread(bench.problems.test, plan.problems);
  const answers = (one: Steering | null) => {
    let written: Promise<Answer[]> | undefined;
    return () => (written ??= answerAll(model, one, problems, askingOf(bench, 1)));
  };
  return {
    ...{ bench, vector, applied, steering, problems, base: answers(null), steered: answers(steering) },
    overlays: {
      base: { parameters: model.parameters, edits: [] },
      steered: openOverlay(steering, model.parameters),
    },
  };
}

/** So many, one from here and there, so that every set has its share. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
}

function checkModel({ model }: SteerBench, vector: VectorRecord): void {
  if (vector.modelSha256 === model.sha256) return;
  throw new Error(
    `${vector.slug}: expected the model it was trained on, ${vector.model} with weights ${vector.modelSha256.slice(0, 12)}, ` +
      `got ${model.slug} with ${model.sha256.slice(0, 12)}. Give --model the folder of that model.`,
  );
}
