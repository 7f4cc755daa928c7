/** Measures an imported dictionary on a little text, and where that goes wrong looks for how it should have been read. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../../compute/kernels.ts';
import { tf } from '../../compute/tf.ts';
import { pickRows } from '../../interp/collect-acts.ts';
import {
  countedTokens,
  pickWindows,
  type EvaluationText,
  type EvaluationWindows,
} from '../../interp/windows.ts';
import { createDictionary, type Dictionary, type DictionaryWeights } from '../../sae/dictionary.ts';
import { evaluate } from '../../sae/evaluate.ts';
import type { Alternative, Measured } from './judge.ts';
import type { Reading } from './work.ts';

export interface CheckOptions {
  readonly kernels: Kernels;
  readonly weights: DictionaryWeights;
  readonly reading: Reading;
  readonly hookpoint: string;
  readonly texts: readonly EvaluationText[];
  readonly specialTokens: readonly number[];
}

/** EV and L0 are then within a few percent of what a million tokens give. */
const CHECK_TOKENS = 2_048;
const WINDOWS_PER_BATCH = 4;
/** Rows that tell a right reading from a wrong one. */
const ALTERNATIVE_TOKENS = 512;

export async function measure(options: CheckOptions): Promise<Measured> {
  return withDictionary(options, async (dictionary) => {
    const rows = readRows(options, options.hookpoint, CHECK_TOKENS);
    const [found] = await evaluate({ dictionary, batches: rows });
    return { tokenCount: found.rows, explainedVariance: found.explainedVariance, l0: found.l0 };
  });
}

/** Every other hookpoint, and the factors by which inputs are commonly scaled in training. */
export async function findAlternatives(
  options: CheckOptions,
  hookpoints: readonly string[],
): Promise<Alternative[]> {
  return withDictionary(options, async (dictionary) => {
    const alternatives: Alternative[] = [];
    const add = async (option: string, batches: Iterable<Tensor2D>) => {
      const [found] = await evaluate({ dictionary, batches });
      alternatives.push({ option, explainedVariance: found.explainedVariance });
    };
    for (const hookpoint of hookpoints) {
      if (hookpoint === options.hookpoint) continue;
      await add(`--hookpoint ${hookpoint}`, readRows(options, hookpoint, ALTERNATIVE_TOKENS));
    }
    for (const scale of usualScales(options)) {
      const rows = readRows(options, options.hookpoint, ALTERNATIVE_TOKENS);
      await add(`--input-scale ${scale}`, scaled(rows, scale));
    }
    return alternatives;
  });
}

async function withDictionary<Result>(
  { kernels, weights }: CheckOptions,
  work: (dictionary: Dictionary) => Promise<Result>,
): Promise<Result> {
  const dictionary = createDictionary(kernels, weights);
  try {
    return await work(dictionary);
  } finally {
    dictionary.dispose();
  }
}

function* readRows(options: CheckOptions, hookpoint: string, tokenCount: number): Generator<Tensor2D> {
  const { reading, texts, specialTokens } = options;
  const { windowLength, skipFirst } = reading;
  const windows = pickWindows(texts, { windowLength, tokenCount, skipFirst, specialTokens });
  for (let first = 0; first < windows.windowCount; first += WINDOWS_PER_BATCH) {
    const last = Math.min(first + WINDOWS_PER_BATCH, windows.windowCount);
    yield readBatch(reading, windows, hookpoint, [first, last]);
  }
}

function readBatch(
  { model }: Reading,
  windows: EvaluationWindows,
  hookpoint: string,
  [first, last]: readonly [number, number],
): Tensor2D {
  const T = windows.windowLength;
  const counted = countedTokens(windows, first * T, last * T).map((n) => n - first * T);
  return tf.tidy(() => {
    const tokens_BT = tf.tensor2d(windows.tokens.slice(first * T, last * T), [last - first, T], 'int32');
    return pickRows(model.hiddenAt(tokens_BT, hookpoint), counted);
  });
}

/** To a mean squared norm of D (SAELens) or of 1 (dictionary_learning); and back, where that was done once too often. */
function usualScales(options: CheckOptions): number[] {
  let squares = 0;
  let rows = 0;
  const D = options.weights.hiddenWidth;
  for (const hidden_BD of readRows(options, options.hookpoint, ALTERNATIVE_TOKENS)) {
    for (const value of hidden_BD.dataSync()) squares += value * value;
    rows += hidden_BD.shape[0];
    hidden_BD.dispose();
  }
  const norm = Math.sqrt(squares / rows);
  const scales = [Math.sqrt(D) / norm, 1 / norm, norm / Math.sqrt(D), norm];
  return [...new Set(scales.map((scale) => Number(scale.toPrecision(4))))].filter(
    (scale) => Number.isFinite(scale) && scale > 0,
  );
}

function* scaled(batches: Iterable<Tensor2D>, scale: number): Generator<Tensor2D> {
  for (const hidden_BD of batches) {
    yield tf.mul(hidden_BD, scale);
    hidden_BD.dispose();
  }
}
