/**
 * Reads a dictionary out: one pass over the evaluation windows, spliced forward passes on a part of them, then feature by
 * feature everything a page shows. Deterministic: the same model, dictionary, texts and seed give the same records in the
 * same order, so an interrupted read-out is simply run again; its acts, the long part, may come from a journal. Yields progress and lets the event loop turn in between.
 */
import { setImmediate } from 'node:timers/promises';
import type { ActJournal } from './act-journal.ts';
import type { ActTable } from './act-table.ts';
import { type Budgets, createBudgets } from './budgets.ts';
import { collectActs } from './collect-acts.ts';
import { describeRows, pickNeighbours } from './dictionary-rows.ts';
import { createTextFacts } from './explainers/text-facts.ts';
import { createTokenStatistics } from './explainers/token-statistics.ts';
import { pickLogits } from './feature-logits.ts';
import { createFeatureStats } from './feature-stats.ts';
import { measureFidelity } from './fidelity.ts';
import { createLevels } from './levels.ts';
import { countOrdinary, type OrdinaryOptions } from './ordinary-windows.ts';
import { createExamplePicker } from './pick-examples.ts';
import type {
  ExampleRecord,
  FeatureCorpusRecord,
  FeatureIntervalRecord,
  FeatureLevelRecord,
  FeatureRecord,
  LabelRecord,
  Readout,
  ReadoutSummary,
  ScoreRecord,
  WindowRecord,
} from './records.ts';
import type { ReadableDictionary, ReadableModel, ReadableTokenizer, ReadOutProgress } from './subject.ts';
import { type EvaluationText, type EvaluationWindows, countTokens, pickWindows } from './windows.ts';

export interface ReadOutOptions extends Pick<OrdinaryOptions, 'maxNormRatio'> {
  readonly model: ReadableModel;
  readonly tokenizer: ReadableTokenizer;
  readonly dictionary: ReadableDictionary;
  readonly hookpoint: string;
  readonly texts: readonly EvaluationText[];
  /** Ascending; the last is the K everything is read at. */
  readonly budgets: readonly number[];
  /** Tokens T of a window: at most the model's context. */
  readonly windowLength: number;
  /** Tokens of the evaluation set. */
  readonly tokenCount: number;
  /** Predicted tokens for the cross-entropies. */
  readonly ceTokenCount: number;
  /** As in the harvest the dictionary was fitted on. */
  readonly skipFirst: number;
  /** Tokens that are no text (end of text): neither counted nor spliced. */
  readonly specialTokens?: readonly number[];
  readonly windowsPerBatch: number;
  readonly seed: number;
  /** Keeps acts while they are collected: interrupted, the read-out goes on behind the last batch. */
  readonly journal?: ActJournal;
}

/** Features between two turns of the event loop. */
const FEATURES_PER_TURN = 64;

export async function* readOut(options: ReadOutOptions): AsyncGenerator<ReadOutProgress, Readout> {
  const { model, dictionary, hookpoint, windowsPerBatch, seed } = options;
  const windows = yield* paced(countOrdinary(pickWindows(options.texts, options), options));
  const budgets = createBudgets(options.budgets);
  const shared = { model, dictionary, hookpoint, windows, budgets, windowsPerBatch };

  const { table, explainedVariance } = yield* paced(collectActs({ ...shared, journal: options.journal }));
  const fidelity = yield* paced(measureFidelity({ ...shared, tokenCount: options.ceTokenCount }));
  const logits = yield* paced(pickLogits(dictionary.decoder_FD, model, model.outputAt?.(hookpoint)));
  const neighbours = yield* paced(pickNeighbours(dictionary.decoder_FD));
  const facts = createTextFacts(windows, options.tokenizer, model.unembedding_VD.shape[0]);
  const explain = createTokenStatistics(facts, { k: budgets.k, seed });
  const features = yield* paced(readFeatures({ table, windows, budgets, dictionary, explain, seed }));

  const summary = summarise(windows, fidelity.tokenCount, seed);
  const levels = createLevels({
    budgets,
    explainedVariance,
    fidelity,
    actCount: budgets.values.map((budget) => sumAt(features.featureLevels, budget, (stat) => stat.fireCount)),
    silentCount: budgets.values.map((budget) =>
      sumAt(features.featureLevels, budget, (stat) => (stat.fireCount === 0 ? 1 : 0)),
    ),
    width: dictionary.width,
    tokenCount: summary.tokenCount,
  });
  return {
    levels,
    ...features,
    logits,
    neighbours,
    windows: usedWindows(windows, features.examples),
    summary,
  };
}

/** Hands the steps of a computation on, one turn of the event loop each. */
async function* paced<Result>(
  steps: Generator<ReadOutProgress, Result> | AsyncGenerator<ReadOutProgress, Result>,
): AsyncGenerator<ReadOutProgress, Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    await setImmediate();
    yield step.value;
  }
}

interface FeatureInput {
  readonly table: ActTable;
  readonly windows: EvaluationWindows;
  readonly budgets: Budgets;
  readonly dictionary: ReadableDictionary;
  readonly explain: ReturnType<typeof createTokenStatistics>;
  readonly seed: number;
}

interface FeatureOutput {
  readonly features: FeatureRecord[];
  readonly featureLevels: FeatureLevelRecord[];
  readonly featureCorpora: FeatureCorpusRecord[];
  readonly intervals: FeatureIntervalRecord[];
  readonly examples: ExampleRecord[];
  readonly labels: LabelRecord[];
  readonly scores: ScoreRecord[];
}

function* readFeatures(input: FeatureInput): Generator<ReadOutProgress, FeatureOutput> {
  const { table, windows, budgets, dictionary, seed } = input;
  const describe = createFeatureStats(windows, budgets);
  const pickExamples = createExamplePicker({ windows, budgets, seed });
  const rows = describeRows(dictionary);
  const out: FeatureOutput = {
    features: [],
    featureLevels: [],
    featureCorpora: [],
    intervals: [],
    examples: [],
    labels: [],
    scores: [],
  };
  for (let feature = 0; feature < table.width; feature++) {
    const acts = table.of(feature);
    const stats = describe(acts);
    const { density, maxAct } = stats.levels[stats.levels.length - 1];
    out.features.push({ ...rows[feature], density, maxAct });
    out.featureLevels.push(...stats.levels);
    out.featureCorpora.push(...stats.corpora);
    out.intervals.push(...stats.intervals);
    out.examples.push(...pickExamples(acts));
    const explained = input.explain(acts);
    if (explained) {
      out.labels.push(explained.label);
      out.scores.push(explained.score);
    }
    const done = feature + 1;
    if (done % FEATURES_PER_TURN === 0 || done === table.width)
      yield { phase: 'features', done, total: table.width };
  }
  return out;
}

function sumAt(
  stats: readonly FeatureLevelRecord[],
  budget: number,
  of: (stat: FeatureLevelRecord) => number,
): number {
  let sum = 0;
  for (const stat of stats) if (stat.budget === budget) sum += of(stat);
  return sum;
}

function summarise(windows: EvaluationWindows, ceTokenCount: number, seed: number): ReadoutSummary {
  const counts = countTokens(windows);
  return {
    windowLength: windows.windowLength,
    windowCount: windows.windowCount,
    tokenCount: counts.reduce((sum, count) => sum + count, 0),
    ceTokenCount,
    skipFirst: windows.skipFirst,
    seed,
    corpora: windows.corpora.map(({ slug }, c) => ({ slug, tokenCount: counts[c] })),
  };
}

/** The windows some example points at, in the order of the evaluation set. */
function usedWindows(windows: EvaluationWindows, examples: readonly ExampleRecord[]): WindowRecord[] {
  const { windowLength: T, tokens, start_W, corpus_W, corpora } = windows;
  const used = new Set(examples.map((example) => `${example.corpus} ${example.start}`));
  const records: WindowRecord[] = [];
  for (let w = 0; w < windows.windowCount; w++) {
    const corpus = corpora[corpus_W[w]].slug;
    if (!used.has(`${corpus} ${start_W[w]}`)) continue;
    records.push({ corpus, start: start_W[w], tokens: [...tokens.subarray(w * T, (w + 1) * T)] });
  }
  return records;
}
