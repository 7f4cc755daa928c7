/**
 * Text as a base and its boost see it: the windows of a corpus where the boost takes away the greatest share of the error,
 * token by token. Tokens that do not count (windows.ts) have no acts and no error.
 */
import { setImmediate } from 'node:timers/promises';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import type { TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { type Variance, createVariance } from '../sae/explained-variance.ts';
import { pickRows } from './collect-acts.ts';
import { replaceRows } from './fidelity.ts';
import { lossesOf } from './judge-rows.ts';
import { countOrdinary, type OrdinaryOptions } from './ordinary-windows.ts';
import type { ReadableDictionary, ReadableModel, ReadOutProgress } from './subject.ts';
import type { PassageActs, PassageRecord } from './trial-records.ts';
import { type EvaluationText, type EvaluationWindows, countedTokens, pickWindows } from './windows.ts';

type Part = Pick<ReadableDictionary, 'encode' | 'decode'> & { readonly k: number };

export interface PassageOptions extends Pick<OrdinaryOptions, 'maxNormRatio'> {
  readonly model: Pick<ReadableModel, 'hiddenAt' | 'lastHidden' | 'unembed'>;
  readonly base: Part;
  /** Adds to the base: rebuilds x - x̂. */
  readonly residual: Part;
  readonly hookpoint: string;
  readonly text: EvaluationText;
  /** Windows to choose from, as tokens. */
  readonly tokenCount: number;
  readonly windowLength: number;
  readonly skipFirst: number;
  readonly specialTokens?: readonly number[];
  readonly passages: number;
}

/** Acts of a token that are kept for showing: more than fit beside a word. */
const SHOWN_ACTS = 16;
/** A window is worth showing when half of it is text. */
const LEAST_COUNTED_SHARE = 0.5;

export async function* readPassages(
  options: PassageOptions,
): AsyncGenerator<ReadOutProgress, PassageRecord[]> {
  // A window a batch, as here the model reads them.
  const windows = yield* countOrdinary(pickWindows([options.text], options), {
    ...options,
    windowsPerBatch: 1,
  });
  const { windowLength: T, windowCount } = windows;
  let variance: Variance | null = null;
  const shares: { window: number; share: number }[] = [];
  for (let window = 0; window < windowCount; window++) {
    const counted = countedTokens(windows, window * T, (window + 1) * T);
    if (counted.length < LEAST_COUNTED_SHARE * T) continue;
    const seen = await seeWindow(options, windows, window);
    variance ??= createVariance(seen.hidden.length / counted.length);
    variance.addHidden(seen.hidden);
    const missed = sum(seen.baseErrors);
    shares.push({ window, share: missed > 0 ? 1 - sum(seen.boostedErrors) / missed : 0 });
    disposeSeen(seen);
    await setImmediate();
    yield { phase: 'acts', done: (window + 1) * T, total: windowCount * T };
  }
  const best = shares.sort((a, b) => b.share - a.share || a.window - b.window).slice(0, options.passages);
  const spread = variance?.variance() ?? 1; // no window, no record
  const records: PassageRecord[] = [];
  for (const [rank, { window }] of best.entries()) {
    records.push(await describe(options, windows, { window, rank, spread }));
    yield { phase: 'cross-entropy', done: rank + 1, total: best.length };
  }
  return records;
}

interface Seen {
  /** Positions in the window that count. */
  readonly rows: Int32Array;
  readonly hidden: Float32Array;
  readonly baseTop: TopActs;
  readonly boostTop: TopActs;
  readonly base_BD: Tensor2D;
  readonly boosted_BD: Tensor2D;
  /** Of each counted token. */
  readonly baseErrors: Float64Array;
  readonly boostedErrors: Float64Array;
}

async function seeWindow(
  { model, base, residual, hookpoint }: PassageOptions,
  windows: EvaluationWindows,
  window: number,
): Promise<Seen> {
  const T = windows.windowLength;
  const rows = countedTokens(windows, window * T, (window + 1) * T).map((n) => n - window * T);
  const hidden_BD = tf.tidy(() => pickRows(model.hiddenAt(tokensOf(windows, window), hookpoint), rows));
  const baseTop = await base.encode(hidden_BD, base.k);
  const boostTop = await residual.encode(hidden_BD, residual.k);
  const base_BD = base.decode(baseTop);
  const boosted_BD = tf.tidy(() => tf.add(base_BD, residual.decode(boostTop)) as Tensor2D);
  const hidden = hidden_BD.dataSync() as Float32Array;
  hidden_BD.dispose();
  const errorsOf = (rebuilt_BD: Tensor2D) =>
    squaredErrors(hidden, rebuilt_BD.dataSync() as Float32Array, rows.length);
  return {
    ...{ rows, hidden, baseTop, boostTop, base_BD, boosted_BD },
    baseErrors: errorsOf(base_BD),
    boostedErrors: errorsOf(boosted_BD),
  };
}

function disposeSeen({ baseTop, boostTop, base_BD, boosted_BD }: Seen): void {
  tf.dispose([...Object.values(baseTop), ...Object.values(boostTop), base_BD, boosted_BD]);
}

async function describe(
  options: PassageOptions,
  windows: EvaluationWindows,
  { window, rank, spread }: { window: number; rank: number; spread: number },
): Promise<PassageRecord> {
  const T = windows.windowLength;
  const seen = await seeWindow(options, windows, window);
  const onto = (errors: Float64Array) => {
    const all = new Array<number>(T).fill(0);
    seen.rows.forEach((t, b) => (all[t] = errors[b] / spread));
    return all;
  };
  const record: PassageRecord = {
    corpus: windows.corpora[windows.corpus_W[window]].slug,
    start: windows.start_W[window],
    tokens: [...windows.tokens.subarray(window * T, (window + 1) * T)],
    rank,
    base: actsOf(seen.baseTop, seen.rows, T),
    boost: actsOf(seen.boostTop, seen.rows, T),
    baseErrors: onto(seen.baseErrors),
    boostedErrors: onto(seen.boostedErrors),
    ceOriginal: crossEntropies(options, windows, window),
    ceBase: crossEntropies(options, windows, window, seen.rows, seen.base_BD),
    ceBoosted: crossEntropies(options, windows, window, seen.rows, seen.boosted_BD),
  };
  disposeSeen(seen);
  return record;
}

/** Of each next token in the window, nats; the last has none and gets 0. */
function crossEntropies(
  { model, hookpoint }: PassageOptions,
  windows: EvaluationWindows,
  window: number,
  rows?: Int32Array,
  replacement_BD?: Tensor2D,
): number[] {
  const apply = (hidden_BTD: Tensor3D) => replaceRows(hidden_BTD, rows!, replacement_BD!);
  const logits_BV = tf.tidy(() => {
    const last_BTD = model.lastHidden(tokensOf(windows, window), replacement_BD && { hookpoint, apply });
    return model.unembed(last_BTD.squeeze<Tensor2D>([0]));
  });
  const T = windows.windowLength;
  const tokens = windows.tokens.subarray(window * T, (window + 1) * T);
  const losses = lossesOf(
    logits_BV,
    Int32Array.from(tokens, (_, t) => tokens[(t + 1) % T]),
  );
  logits_BV.dispose();
  return Array.from(losses, (loss, t) => (t === T - 1 ? 0 : loss));
}

/** T rows of the strongest acts; rows of padding for tokens that do not count. */
function actsOf({ acts_BK, indices_BK }: TopActs, rows: Int32Array, T: number): PassageActs {
  const K = acts_BK.shape[1];
  const width = Math.min(K, SHOWN_ACTS);
  const [from, of] = [acts_BK.dataSync(), indices_BK.dataSync()];
  const acts = new Array<number>(T * width).fill(0);
  const indices = new Array<number>(T * width).fill(0);
  rows.forEach((t, b) => {
    for (let r = 0; r < width; r++) {
      acts[t * width + r] = from[b * K + r];
      indices[t * width + r] = of[b * K + r];
    }
  });
  return { width, indices, acts };
}

function squaredErrors(hidden: Float32Array, rebuilt: Float32Array, rows: number): Float64Array {
  const D = hidden.length / rows;
  const errors = new Float64Array(rows);
  for (let i = 0; i < hidden.length; i++) errors[Math.floor(i / D)] += (hidden[i] - rebuilt[i]) ** 2;
  return errors;
}

function tokensOf(windows: EvaluationWindows, window: number): Tensor2D {
  const T = windows.windowLength;
  return tf.tensor2d(windows.tokens.slice(window * T, (window + 1) * T), [1, T], 'int32');
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
