/**
 * Text from a model, token by token, for many sequences at once. Each token is computed once: keys and values of those
 * before it are kept. A prompt is read once, however many sequences continue it; those that have ended are left out.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import { unembed, walk } from './decoder.ts';
import { editsByHookpoint, finishEdited, type Edit } from './edits.ts';
import { createCache, type KvCache } from './kv-cache.ts';
import type { LanguageModel } from './language-model.ts';
import { readChances, type Pick } from './next-token.ts';
import type { Parameters } from './parameters.ts';
import { checkSampling, type Sampling } from './pick-token.ts';
import { createSequence, type Ending, type Generated, type Sequence } from './sequence.ts';

export type { Generated, TokenScore } from './sequence.ts';

export interface GenerateOptions extends Sampling, Ending {
  /** Sequence i draws with the seed `seed + i`: what it becomes does not depend on the others. */
  readonly seed: number;
  /** Sequences from each prompt, 1 when absent: number i continues prompt floor(i / samples). */
  readonly samples?: number;
  /** Made on every token, those of the prompt included. */
  readonly edits?: readonly Edit[];
  /** Instead of the model's own. */
  readonly parameters?: Parameters;
  /** How likely each token was, and how open the choice. */
  readonly withScores?: boolean;
}

export interface NewToken {
  /** Index of its sequence: that of its prompt where there is one of each. */
  readonly row: number;
  readonly token: number;
}

/** Tokens of prompts read at once: products are as quick as they get, and their intermediates small. */
const TOKENS_AT_ONCE = 8192;

/** Prompts are token ids. Yields the new tokens of every step; returns the results in the order of the prompts. */
export async function* generate(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<NewToken[], Generated[]> {
  const sequences = createSequences(model, prompts, options);
  const read = openReader(model, options);
  let live = sequences.filter(({ mostTokens, prompt }) => mostTokens > prompt.length);
  const distinct = listDistinct(live.map(({ prompt }) => prompt));
  const capacity = Math.max(1, ...live.map(({ mostTokens }) => mostTokens));
  const cache = createCache(model.config, distinct.prompts.length, capacity);
  try {
    const pickFirst = await readPrompts(distinct.prompts, cache, read);
    let pick: Pick = (i, rng) => pickFirst(distinct.places[i], rng);
    cache.pick(distinct.places);
    while (live.length > 0) {
      const picked = live.map((sequence, i) => pick(i, sequence.rng));
      live.forEach((sequence, i) => sequence.add(picked[i].token, picked[i].score));
      yield live.map(({ row }, i) => ({ row, token: picked[i].token }));
      const going = live.flatMap(({ isEnded }, i) => (isEnded ? [] : [i]));
      if (going.length < live.length) cache.pick(going);
      live = going.map((i) => live[i]);
      if (live.length > 0)
        pick = await read(
          live.map(({ tokens }) => [tokens.at(-1)!]),
          cache,
        );
    }
  } finally {
    cache.dispose();
  }
  return sequences.map((sequence) => sequence.result());
}

/** All at once. */
export async function generateAll(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<Generated[]> {
  const running = generate(model, prompts, options);
  for (;;) {
    const step = await running.next();
    if (step.done) return step.value;
  }
}

/** Reads as many tokens of each row of the cache; gives what comes behind the last of them. */
type Read = (tokens: readonly (readonly number[])[], cache: KvCache) => Promise<Pick>;

function openReader(model: LanguageModel, options: GenerateOptions): Read {
  const { config } = model;
  const { parameters = model.parameters, withScores = false } = options;
  const edits = editsByHookpoint(options.edits ?? [], config);
  const { hiddenWidth: D, vocabSize: V } = config;
  return (tokens, cache) => {
    const [B, T] = [tokens.length, tokens[0].length];
    const logits_BV = tf.tidy(() => {
      const tokens_BT: Tensor2D = tf.tensor2d(tokens.flat(), [B, T], 'int32');
      const hidden_BTD = finishEdited(walk(parameters, config, tokens_BT, { cache }), edits);
      const last_B1D = T === 1 ? hidden_BTD : hidden_BTD.slice([0, T - 1, 0], [B, 1, D]);
      return unembed(parameters, config, last_B1D).reshape<Tensor2D>([B, V]);
    });
    return readChances(logits_BV, options, withScores);
  };
}

/** Prompts of one length together, so that nothing is read that is no text. */
async function readPrompts(
  prompts: readonly (readonly number[])[],
  cache: KvCache,
  read: Read,
): Promise<Pick> {
  const picks = new Map<number, Pick>();
  for (const rows of batchByLength(prompts)) {
    const pick = await read(
      rows.map((row) => prompts[row]),
      cache.only(rows),
    );
    rows.forEach((row, at) => picks.set(row, (_, rng) => pick(at, rng)));
  }
  return (row, rng) => picks.get(row)!(row, rng);
}

function batchByLength(prompts: readonly (readonly number[])[]): number[][] {
  const batches: number[][] = [];
  const open = new Map<number, number[]>();
  prompts.forEach(({ length }, row) => {
    const batch = open.get(length);
    if (batch && (batch.length + 1) * length <= TOKENS_AT_ONCE) {
      batch.push(row);
    } else {
      const next = [row];
      open.set(length, next);
      batches.push(next);
    }
  });
  return batches;
}

/** `places`: which of them each prompt is. */
function listDistinct(prompts: readonly (readonly number[])[]) {
  const places = new Map<string, number>();
  const distinct: (readonly number[])[] = [];
  const placeOf = (prompt: readonly number[]): number => {
    const key = prompt.join();
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, distinct.length);
    return distinct.push(prompt) - 1;
  };
  return { places: prompts.map(placeOf), prompts: distinct };
}

function createSequences(
  { tokenizer, config }: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Sequence[] {
  checkSampling(options);
  const { samples = 1, seed } = options;
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new Error(
      `generate: expected samples to be a whole number from 1, got ${samples}. 1 gives one text each.`,
    );
  }
  prompts.forEach((prompt, row) => checkPrompt(prompt, row, config));
  return prompts.flatMap((prompt, at) =>
    Array.from({ length: samples }, (_, sample) => {
      const row = at * samples + sample;
      const { contextLength } = config;
      return createSequence({ ...options, row, prompt, seed: seed + row, tokenizer, contextLength });
    }),
  );
}

function checkPrompt(
  prompt: readonly number[],
  row: number,
  { contextLength, vocabSize }: LanguageModel['config'],
): void {
  const isId = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabSize;
  if (prompt.length > 0 && prompt.length <= contextLength && prompt.every(isId)) return;
  throw new Error(
    `generate: expected prompt ${row} to be 1 to ${contextLength} token ids below ${vocabSize}, got ${prompt.length} ` +
      `(${prompt.slice(0, 8).join(', ')}). Shorten it, or begin it with the tokenizer's begin-of-text token.`,
  );
}
