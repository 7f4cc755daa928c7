/**
 * The encodings that keep as many acts per row as there happen to be: the device ranks each row's strongest, the processor
 * decides how far each row goes, and as long as some row used all it got, more are asked for.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { checkEncode, checkEncodeThreshold } from '../kernel-inputs.ts';
import type { EncodeInput, EncodeThresholdInput, TopActs } from '../kernels.ts';
import { tf } from '../tf.ts';
import { type Choice, type Encoder, encodeAbove, floorsOf, mostActs } from './encode.ts';

/** Acts per row first asked for when nothing says how many there are. */
const FIRST_GUESS = 64;

/** Each row's acts strongest first, k of them, padded with 0. */
interface Ranked {
  readonly acts: Float32Array;
  readonly indices: Int32Array;
  readonly B: number;
  readonly k: number;
}

export async function encodeBatchTopK(encoder: Encoder, input: EncodeInput): Promise<TopActs> {
  const { B, F, K } = checkEncode(input);
  return encodeMany(encoder, input, F, 2 * K, 0, (ranked) => countStrongest(ranked, B * K));
}

export async function encodeThreshold(encoder: Encoder, input: EncodeThresholdInput): Promise<TopActs> {
  const { F } = checkEncodeThreshold(input);
  return encodeMany(encoder, input, F, FIRST_GUESS, input.threshold, countPositive);
}

async function encodeMany(
  encoder: Encoder,
  input: Choice,
  F: number,
  firstK: number,
  threshold: EncodeThresholdInput['threshold'],
  countRows: (ranked: Ranked) => Int32Array,
): Promise<TopActs> {
  const most = Math.min(F, mostActs(encoder));
  for (let k = Math.min(most, firstK); ; k = k === most ? k + 1 : Math.min(most, 2 * k)) {
    const top = tf.tidy(() => {
      const floors_F = floorsOf(input.allowed_F ?? tf.ones([F]), F, threshold);
      return { ...encodeAbove(encoder, input, k, floors_F) };
    });
    const ranked = await download(top);
    await encoder.status.settle();
    const counts_B = countRows(ranked);
    if (k === F || !counts_B.includes(k)) return packRows(ranked, counts_B);
  }
}

async function download({ acts_BK, indices_BK }: TopActs): Promise<Ranked> {
  const [B, k] = acts_BK.shape;
  const [acts, indices] = await Promise.all([acts_BK.data(), indices_BK.data()]);
  tf.dispose([acts_BK, indices_BK]);
  return { acts: acts as Float32Array, indices: indices as Int32Array, B, k };
}

function countPositive({ acts, B, k }: Ranked): Int32Array {
  return Int32Array.from({ length: B }, (_, b) => {
    const end = acts.subarray(b * k, (b + 1) * k).indexOf(0);
    return end < 0 ? k : end;
  });
}

/** How many of each row's are among the `total` strongest of all; of equal ones the lowest rows', as far as they go. */
function countStrongest(ranked: Ranked, total: number): Int32Array {
  const { acts, B, k } = ranked;
  const ascending = acts.filter((act) => act > 0).sort();
  if (ascending.length <= total) return countPositive(ranked);
  const least = ascending[ascending.length - total];
  let ties = total - acts.reduce((above, act) => above + (act > least ? 1 : 0), 0);
  return Int32Array.from({ length: B }, (_, b) => {
    let count = 0;
    for (const act of acts.subarray(b * k, (b + 1) * k)) {
      if (act < least || (act === least && ties-- <= 0)) break;
      count += 1;
    }
    return count;
  });
}

function packRows({ acts, indices, B, k }: Ranked, counts_B: Int32Array): TopActs {
  const K = counts_B.reduce((most, count) => Math.max(most, count), 1);
  const [acts_BK, indices_BK] = [new Float32Array(B * K), new Int32Array(B * K)];
  counts_B.forEach((count, b) => {
    acts_BK.set(acts.subarray(b * k, b * k + count), b * K);
    indices_BK.set(indices.subarray(b * k, b * k + count), b * K);
  });
  return {
    acts_BK: tf.tensor2d(acts_BK, [B, K]) as Tensor2D,
    indices_BK: tf.tensor2d(indices_BK, [B, K], 'int32') as Tensor2D,
  };
}
