/**
 * Prompts with what was written behind them, read by a model as it is or steered: hidden states at hookpoints, and what is
 * predicted for every written token. Short texts share a batch, filled up at their ends, where causal attention never looks.
 */
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../../compute/tf.ts';
import { unembed, walk } from '../../lm/decoder.ts';
import { editsByHookpoint, finishEdited, type EditsByHookpoint } from '../../lm/edits.ts';
import type { LanguageModel } from '../../lm/language-model.ts';
import type { Overlay } from '../overlay.ts';

export interface WrittenText {
  readonly prompt: readonly number[];
  /** Generated tokens, with the one that ended them. */
  readonly response: readonly number[];
}

export type ReadableModel = Pick<LanguageModel, 'config' | 'parameters'>;

/** Float32 values asked for at once: 16 MiB. What a layer makes on the way is a multiple of it. */
const MAX_VALUES = 2 ** 22;

export interface TextStates {
  /** Of the text, in the order they came. */
  readonly index: number;
  /** By hookpoint: the state of every token, prompt included, [T, D]. */
  readonly states: Readonly<Record<string, Float32Array>>;
}

/** Behind the edits of each hookpoint. */
export function* readStates(
  { config }: ReadableModel,
  { parameters, edits }: Overlay,
  texts: readonly WrittenText[],
  hookpoints: readonly string[],
): Generator<TextStates> {
  const byHookpoint = editsByHookpoint(edits, config);
  const D = config.hiddenWidth;
  for (const batch of batchesOf(texts, D * (hookpoints.length + 4))) {
    const seen: Record<string, Float32Array> = {};
    tf.tidy(() => {
      const walking = walk(parameters, config, batch.tokens_BT());
      for (const { hookpoint, hidden_BTD } of walkEdited(walking, byHookpoint)) {
        if (hookpoints.includes(hookpoint)) seen[hookpoint] = copyOf(hidden_BTD);
        if (Object.keys(seen).length === hookpoints.length) break;
      }
    });
    for (const [row, index] of batch.rows.entries()) {
      const T = texts[index].prompt.length + texts[index].response.length;
      const from = row * batch.length * D;
      const states = Object.fromEntries(
        hookpoints.map((hookpoint) => [hookpoint, seen[hookpoint].slice(from, from + T * D)]),
      );
      yield { index, states };
    }
  }
}

export interface TextLogits {
  readonly index: number;
  /** For every token of the response, before it was read: [R, V]. */
  readonly logits: Float32Array;
}

export function* readLogits(
  { config }: ReadableModel,
  { parameters, edits }: Overlay,
  texts: readonly WrittenText[],
): Generator<TextLogits> {
  const byHookpoint = editsByHookpoint(edits, config);
  const V = config.vocabSize;
  for (const batch of batchesOf(texts, 5 * config.hiddenWidth + V)) {
    const logits = valuesOf(() => {
      const hidden_BTD = finishEdited(walk(parameters, config, batch.tokens_BT()), byHookpoint);
      return unembed(parameters, config, pickPredicting(hidden_BTD, batch, texts));
    });
    let at = 0;
    for (const index of batch.rows) {
      const size = texts[index].response.length * V;
      yield { index, logits: logits.slice(at, at + size) };
      at += size;
    }
  }
}

/**
 * The values of what is computed in a tidy. Trap: tidy looks through what it returns for tensors, element by element where
 * that is an array of numbers.
 */
export function valuesOf(compute: () => Tensor): Float32Array {
  const tensor = tf.tidy(compute);
  const values = copyOf(tensor);
  tensor.dispose();
  return values;
}

/** A backend may use the memory again once the tensor is gone. */
const copyOf = (tensor: Tensor): Float32Array => (tensor.dataSync() as Float32Array).slice();

/** States that the tokens of the responses are predicted from, text after text: [1, N, D]. Inside tidy. */
export function pickPredicting(
  hidden_BTD: Tensor3D,
  { rows, length }: Batch,
  texts: readonly WrittenText[],
): Tensor3D {
  const D = hidden_BTD.shape[2];
  const hidden = hidden_BTD.dataSync() as Float32Array;
  const count = rows.reduce((sum, index) => sum + texts[index].response.length, 0);
  const picked = new Float32Array(count * D);
  let at = 0;
  for (const [row, index] of rows.entries()) {
    const { prompt, response } = texts[index];
    const from = (row * length + prompt.length - 1) * D;
    picked.set(hidden.subarray(from, from + response.length * D), at);
    at += response.length * D;
  }
  return tf.tensor3d(picked, [1, count, D]);
}

/** The walk with its edits made; shows each stop behind them. */
function* walkEdited(
  walking: ReturnType<typeof walk>,
  edits: EditsByHookpoint,
): Generator<{ hookpoint: string; hidden_BTD: Tensor3D }> {
  let step = walking.next();
  while (!step.done) {
    const { hookpoint, hidden_BTD } = step.value;
    const here = edits.get(hookpoint) ?? [];
    const edited_BTD = here.reduce((hidden, edit) => edit.apply(hidden), hidden_BTD);
    yield { hookpoint, hidden_BTD: edited_BTD };
    step = walking.next(edited_BTD);
  }
}

export interface Batch {
  /** Indices of the texts. */
  readonly rows: readonly number[];
  /** Of the longest, tokens. */
  readonly length: number;
  tokens_BT(): Tensor2D;
}

/** In order; a text alone may be larger than the limit. */
export function* batchesOf(texts: readonly WrittenText[], valuesPerToken: number): Generator<Batch> {
  let rows: number[] = [];
  let length = 0;
  for (const [index, text] of texts.entries()) {
    const longest = Math.max(length, lengthOf(text, index));
    if (rows.length > 0 && longest * (rows.length + 1) * valuesPerToken > MAX_VALUES) {
      yield createBatch(texts, rows, length);
      [rows, length] = [[], 0];
    }
    rows.push(index);
    length = Math.max(length, lengthOf(text, index));
  }
  if (rows.length > 0) yield createBatch(texts, rows, length);
}

function lengthOf({ prompt, response }: WrittenText, index: number): number {
  if (prompt.length > 0 && response.length > 0) return prompt.length + response.length;
  throw new Error(
    `Text ${index}: expected a prompt and a response of at least one token each, got ${prompt.length} and ` +
      `${response.length}. Leave it out, or generate it again.`,
  );
}

function createBatch(texts: readonly WrittenText[], rows: readonly number[], length: number): Batch {
  return {
    rows,
    length,
    tokens_BT() {
      const tokens = new Int32Array(rows.length * length);
      rows.forEach((index, row) =>
        tokens.set([...texts[index].prompt, ...texts[index].response], row * length),
      );
      return tf.tensor2d(tokens, [rows.length, length], 'int32');
    },
  };
}
