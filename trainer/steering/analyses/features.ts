/**
 * A vector in the words of a dictionary: which features fire more often in right answers than in wrong ones (Fig 7, 8, there of
 * a dictionary on differences), which decoder rows the vector resembles, and what a feature does in the vector's place.
 */
import { createRng } from '../../compute/rng.ts';
import type { LanguageModel } from '../../lm/language-model.ts';
import type { FeatureReading, Share, TokenValue } from '../record.ts';
import { benjaminiHochberg } from '../statistics/benjamini-hochberg.ts';
import { fisherExact } from '../statistics/fisher.ts';
import { cosineOf } from './cosines.ts';
import { decompose, explainedByChance } from './decomposition.ts';
import { compareRows, foldedRows, type LensModel } from './logit-lens.ts';
import type { Overlay } from '../overlay.ts';
import { readStates, type WrittenText } from './texts.ts';
import { pickEnds } from './token-ends.ts';

/** A dictionary as plain functions and numbers: whatever trained it. */
export interface ReadableFeatures {
  readonly slug: string;
  readonly hookpoint: string;
  readonly budget: number;
  /** Row-major, as wide as the hidden states. */
  readonly decoder_FD: Float32Array;
  /** Features of which each of the N rows has an act above 0: N lists. */
  encode(hidden_ND: Float32Array): Promise<readonly ArrayLike<number>[]>;
}

export interface JudgedText extends WrittenText {
  readonly isCorrect: boolean;
}

export interface FeatureInput {
  readonly model: LensModel & Pick<LanguageModel, 'tokenizer'>;
  readonly dictionary: ReadableFeatures;
  /** Of the model that wrote the texts. */
  readonly overlay: Overlay;
  readonly texts: readonly JudgedText[];
  /** Of the hookpoint's layer; undefined where none is added there. */
  readonly vector_D: Float32Array | undefined;
  /** Answers with this direction added at the hookpoint, in the vector's place. */
  measure(direction_D: Float32Array): Promise<Share>;
}

/** Rows of each table. */
const RANKED = 40;
const DECOMPOSED = 20;
/** Features that steer: the most telling by their test, and those the vector resembles most. */
const STEERED_BY_TEST = 2;
const STEERED_BY_COSINE = 2;
/** Times the vector's norm. */
const SCALES = [0.5, 1, 2];
const TOKENS_PER_FEATURE = 8;
const CHANCE_SEED = 1;

export type Reading = Omit<FeatureReading, 'format' | 'vector' | 'provenance' | 'paper'>;

export async function readFeatures(input: FeatureInput): Promise<Reading> {
  const { dictionary, texts, vector_D } = input;
  const fired = await countFiring(input);
  const correct = texts.filter(({ isCorrect }) => isCorrect).length;
  const incorrect = texts.length - correct;
  const ranked = rankFeatures(fired, correct, incorrect);
  const tokensOf = createTokenLens(input);
  const cosineWith = (feature: number): number | null =>
    vector_D ? cosineOf(rowOf(dictionary, vector_D.length, feature), vector_D) : null;
  const rows = vector_D && { decoder_FD: dictionary.decoder_FD, D: vector_D.length, count: DECOMPOSED };
  const decomposition = rows ? decompose(vector_D, rows) : [];
  const shown = ranked.slice(0, RANKED);
  return {
    kind: 'features',
    dictionary: dictionary.slug,
    hookpoint: dictionary.hookpoint,
    budget: dictionary.budget,
    correct,
    incorrect,
    tested: ranked.length,
    features: shown.map((one) => ({
      ...one,
      cosine: cosineWith(one.feature),
      tokens: tokensOf(one.feature),
    })),
    decomposition: decomposition.map((one) => ({ ...one, tokens: tokensOf(one.feature) })),
    ...(rows && { explainedByChance: explainedByChance(rows, createRng(CHANCE_SEED)) }),
    steering: vector_D ? await steerByFeatures(input, vector_D, pickSteering(shown, decomposition)) : [],
  };
}

export interface Firing {
  /** By feature: texts where it fires at least once. */
  readonly correct: ReadonlyMap<number, number>;
  readonly incorrect: ReadonlyMap<number, number>;
}

/**
 * On the response's tokens alone: the prompt says nothing of the answer. The mark that ends it is no text, and dictionaries are
 * trained on none.
 */
async function countFiring({ model, dictionary, overlay, texts }: FeatureInput): Promise<Firing> {
  const counts = { correct: new Map<number, number>(), incorrect: new Map<number, number>() };
  const D = model.config.hiddenWidth;
  const { hookpoint } = dictionary;
  for (const { index, states } of readStates(model, overlay, texts, [hookpoint])) {
    const { prompt, response, isCorrect } = texts[index];
    const firing = new Set<number>();
    const fired = await dictionary.encode(states[hookpoint].slice(prompt.length * D));
    for (const [t, features] of fired.entries()) {
      if (model.tokenizer.specialTokens.includes(response[t])) continue;
      for (let i = 0; i < features.length; i++) firing.add(features[i]);
    }
    const group = isCorrect ? counts.correct : counts.incorrect;
    for (const feature of firing) group.set(feature, (group.get(feature) ?? 0) + 1);
  }
  return counts;
}

export type RankedFeature = Omit<FeatureReading['features'][number], 'cosine' | 'tokens'>;

/** All that ever fire, by p value; of equals the larger difference first. */
export function rankFeatures(fired: Firing, correct: number, incorrect: number): RankedFeature[] {
  const features = [...new Set([...fired.correct.keys(), ...fired.incorrect.keys()])].sort((a, b) => a - b);
  const counts = features.map((feature) => [
    fired.correct.get(feature) ?? 0,
    fired.incorrect.get(feature) ?? 0,
  ]);
  const pValues = counts.map(([right, wrong]) =>
    fisherExact(right, correct - right, wrong, incorrect - wrong),
  );
  const qValues = benjaminiHochberg(pValues);
  const shareOf = (count: number, total: number): number => (total > 0 ? count / total : 0);
  const rows = features.map((feature, i) => {
    const [correctShare, incorrectShare] = [shareOf(counts[i][0], correct), shareOf(counts[i][1], incorrect)];
    const difference = correctShare - incorrectShare;
    return { feature, correctShare, incorrectShare, difference, pValue: pValues[i], qValue: qValues[i] };
  });
  return rows.sort((a, b) => a.pValue - b.pValue || Math.abs(b.difference) - Math.abs(a.difference));
}

const rowOf = ({ decoder_FD }: ReadableFeatures, D: number, feature: number): Float32Array =>
  decoder_FD.subarray(feature * D, (feature + 1) * D);

/** What a feature's decoder row would say, by dot product. */
function createTokenLens({ model, dictionary }: FeatureInput): (feature: number) => TokenValue[] {
  const rows = foldedRows(model);
  const { vocabSize, hiddenWidth } = model.config;
  return (feature) => {
    const { dot_V } = compareRows(rowOf(dictionary, hiddenWidth, feature), rows, vocabSize);
    return [...pickEnds(dot_V, model.tokenizer, TOKENS_PER_FEATURE).top];
  };
}

function pickSteering(
  ranked: readonly RankedFeature[],
  decomposition: readonly { feature: number; cosine: number }[],
): number[] {
  const telling = ranked.filter(({ difference }) => difference > 0).slice(0, STEERED_BY_TEST);
  const alike = decomposition.filter(({ cosine }) => cosine > 0).slice(0, STEERED_BY_COSINE);
  return [...new Set([...telling, ...alike].map(({ feature }) => feature))];
}

async function steerByFeatures(
  { dictionary, measure }: FeatureInput,
  vector_D: Float32Array,
  features: readonly number[],
): Promise<Reading['steering']> {
  const norm = Math.hypot(...vector_D);
  const tried: Reading['steering'][number][] = [];
  for (const feature of features) {
    const row_D = rowOf(dictionary, vector_D.length, feature);
    const unit = norm / Math.hypot(...row_D);
    for (const scale of SCALES) {
      const accuracy = await measure(row_D.map((value) => value * unit * scale));
      tried.push({ feature, scale, accuracy });
    }
  }
  return tried;
}
