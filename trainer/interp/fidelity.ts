/**
 * What splicing the reconstruction into the model costs: next-token cross-entropy (nats) of the untouched model, with the
 * reconstruction at every budget, and with the hookpoint zeroed; KL(untouched || spliced) in nats. Tokens that do not
 * count (windows.ts) keep their hidden state and are not judged. Of every pass the last hidden states are kept, and turned
 * into logits a few rows at a time (judge-rows.ts): B x T x V is never stored.
 */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { Budgets } from './budgets.ts';
import { decodeAt, pickRows } from './collect-acts.ts';
import { type JudgedPass, judgeRows } from './judge-rows.ts';
import type { ReadableDictionary, ReadableModel, ReadOutProgress } from './subject.ts';
import { type EvaluationWindows, countedTokens, spread } from './windows.ts';

/** What splicing asks of a model. */
export type SplicedModel = Pick<ReadableModel, 'hiddenAt' | 'lastHidden' | 'unembed' | 'unembedding_VD'>;

export interface FidelityOptions {
  readonly model: SplicedModel;
  readonly dictionary: Pick<ReadableDictionary, 'encode' | 'decode'>;
  readonly hookpoint: string;
  readonly windows: EvaluationWindows;
  readonly budgets: Budgets;
  /** Predicted tokens wanted: evenly spaced windows of the evaluation set. */
  readonly tokenCount: number;
  readonly windowsPerBatch: number;
}

export interface SpliceOptions extends Omit<FidelityOptions, 'dictionary' | 'budgets'> {
  readonly levels: number;
  /** What is spliced in for these rows, level by level; disposed here. */
  rebuild(hidden_BD: Tensor2D): AsyncGenerator<Tensor2D, void>;
}

/** Means over tokenCount predicted tokens, nats. */
export interface Fidelity {
  readonly tokenCount: number;
  readonly ceOriginal: number;
  readonly ceZero: number;
  /** KL(untouched || zeroed). */
  readonly klZeroNats: number;
  /** Per budget, or level. */
  readonly ceSpliced: readonly number[];
  readonly klNats: readonly number[];
}

export function measureFidelity(options: FidelityOptions): AsyncGenerator<ReadOutProgress, Fidelity> {
  const { dictionary, budgets, ...rest } = options;
  return measureSplices({
    ...rest,
    levels: budgets.values.length,
    async *rebuild(hidden_BD) {
      const top = await dictionary.encode(hidden_BD, budgets.k);
      for (const budget of budgets.values) yield decodeAt(dictionary, top, budget);
      tf.dispose({ ...top });
    },
  });
}

/** The passes of the model untouched and zeroed are made once for all levels. */
export async function* measureSplices(options: SpliceOptions): AsyncGenerator<ReadOutProgress, Fidelity> {
  const { windows, levels, windowsPerBatch } = options;
  const T = windows.windowLength;
  const chosen = spread(windows.windowCount, Math.max(1, Math.round(options.tokenCount / T)));
  // Untouched, zeroed, then every level.
  const sums = Array.from({ length: levels + 2 }, (): JudgedPass => ({ ce: 0, kl: 0 }));
  let tokenCount = 0;
  for (let first = 0; first < chosen.length; first += windowsPerBatch) {
    const batch = chosen.slice(first, first + windowsPerBatch);
    const { tokens, rows } = joinWindows(windows, batch);
    const positions = judgedPositions(tokens, rows, T);
    tokenCount += positions.length;
    for await (const share of addBatch(options, { tokens, rows, positions }, sums)) {
      const done = Math.round((first + share * batch.length) * T);
      yield { phase: 'cross-entropy', done, total: chosen.length * T };
    }
  }
  const [original, zero, ...spliced] = sums.map(({ ce, kl }) => ({
    ce: ce / tokenCount,
    kl: kl / tokenCount,
  }));
  return {
    tokenCount,
    ceOriginal: original.ce,
    ceZero: zero.ce,
    klZeroNats: zero.kl,
    ceSpliced: spliced.map(({ ce }) => ce),
    klNats: spliced.map(({ kl }) => kl),
  };
}

interface Batch {
  readonly tokens: Int32Array;
  /** Places in it that are encoded, and those that are judged. */
  readonly rows: Int32Array;
  readonly positions: Int32Array;
}

/** Yields the share done after every forward pass: each is long enough that a caller may want to do something else. */
async function* addBatch(
  options: SpliceOptions,
  { tokens, rows, positions }: Batch,
  sums: JudgedPass[],
): AsyncGenerator<number, void> {
  const { model, hookpoint, windows, levels } = options;
  const T = windows.windowLength;
  const tokens_BT = tf.tensor2d(tokens, [tokens.length / T, T], 'int32');
  const last_BDs: Tensor2D[] = [];
  // One more for the judging.
  const share = () => last_BDs.length / (levels + 3);
  const pass = (replacement_BD?: Tensor2D): void => {
    const apply = (hidden_BTD: Tensor3D) => replaceRows(hidden_BTD, rows, replacement_BD!);
    const last_BTD = () => model.lastHidden(tokens_BT, replacement_BD && { hookpoint, apply });
    last_BDs.push(tf.tidy(() => pickRows(last_BTD(), positions)));
  };

  pass();
  yield share();
  const hidden_BD = tf.tidy(() => pickRows(model.hiddenAt(tokens_BT, hookpoint), rows));
  const zeros_BD = tf.zerosLike(hidden_BD);
  pass(zeros_BD);
  yield share();
  for await (const rebuilt_BD of options.rebuild(hidden_BD)) {
    pass(rebuilt_BD);
    rebuilt_BD.dispose();
    yield share();
  }
  const targets = positions.map((n) => tokens[n + 1]);
  for (const done of judgeRows(model, last_BDs, targets, sums)) {
    yield (levels + 2 + done / positions.length) / (levels + 3);
  }
  tf.dispose([tokens_BT, hidden_BD, zeros_BD, ...last_BDs]);
}

/** The windows one after another, and the positions in them that are encoded. */
function joinWindows(
  windows: EvaluationWindows,
  batch: readonly number[],
): { tokens: Int32Array; rows: Int32Array } {
  const T = windows.windowLength;
  const tokens = new Int32Array(batch.length * T);
  const rows: number[] = [];
  batch.forEach((w, b) => {
    tokens.set(windows.tokens.subarray(w * T, (w + 1) * T), b * T);
    for (const n of countedTokens(windows, w * T, (w + 1) * T)) rows.push(n - w * T + b * T);
  });
  return { tokens, rows: Int32Array.from(rows) };
}

/** The encoded positions that have a next token in their window. */
function judgedPositions(tokens: Int32Array, rows: Int32Array, T: number): Int32Array {
  return rows.filter((row) => row % T < T - 1 && row + 1 < tokens.length);
}

/** The hidden states with the given positions of the flattened batch replaced. */
export function replaceRows(hidden_BTD: Tensor3D, rows: Int32Array, replacement_BD: Tensor2D): Tensor3D {
  const D = hidden_BTD.shape[2];
  const hidden = (hidden_BTD.dataSync() as Float32Array).slice();
  const replacement = replacement_BD.dataSync() as Float32Array;
  rows.forEach((row, b) => hidden.set(replacement.subarray(b * D, (b + 1) * D), row * D));
  return tf.tensor3d(hidden, hidden_BTD.shape);
}
