/**
 * Encoding in plain TensorFlow.js ops, B x F stored: top-k of each row, of the whole batch, or all above a threshold.
 * The last two rank on the processor, since how many acts a row keeps is known only afterwards.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { checkEncode, checkEncodeThreshold, notFinite } from '../kernel-inputs.ts';
import type { EncodeInput, EncodeThresholdInput, TopActs } from '../kernels.ts';
import { tf } from '../tf.ts';

export function encodeTopK(input: EncodeInput): TopActs {
  const { K } = checkEncode(input);
  expectFinite(input);
  return tf.tidy(() => {
    const { values, indices } = tf.topk(choosableActs(input), K, true);
    const indices_BK = tf.mul(indices, tf.cast(tf.greater(values, 0), 'int32'));
    return { acts_BK: values as Tensor2D, indices_BK: tf.cast(indices_BK, 'int32') as Tensor2D };
  });
}

export async function encodeBatchTopK(input: EncodeInput): Promise<TopActs> {
  const { B, K } = checkEncode(input);
  expectFinite(input);
  const kept = (await positiveActs(tf.tidy(() => choosableActs(input)))).sort(byActRowFeature);
  return packRows(kept.slice(0, B * K), B);
}

export async function encodeThreshold(input: EncodeThresholdInput): Promise<TopActs> {
  const { B } = checkEncodeThreshold(input);
  expectFinite(input);
  const above_BF = tf.tidy(() => {
    const acts_BF = choosableActs(input);
    return tf.mul(acts_BF, tf.cast(tf.greater(acts_BF, input.threshold), 'float32')) as Tensor2D;
  });
  return packRows((await positiveActs(above_BF)).sort(byActRowFeature), B);
}

export type Choice = Pick<EncodeInput, 'hidden_BD' | 'encoder_FD' | 'encoderBias_F' | 'allowed_F'>;

/** relu(hidden encoderᵀ + bias), 0 where a feature may not be chosen. */
export function choosableActs({ hidden_BD, encoder_FD, encoderBias_F, allowed_F }: Choice): Tensor2D {
  const acts_BF = tf.relu(tf.add(tf.matMul(hidden_BD, encoder_FD, false, true), encoderBias_F));
  return allowed_F ? tf.mul(acts_BF, allowed_F.reshape([1, -1])) : (acts_BF as Tensor2D);
}

export interface Act {
  readonly act: number;
  readonly row: number;
  readonly feature: number;
}

/** Takes the tensor over. */
async function positiveActs(acts_BF: Tensor2D): Promise<Act[]> {
  const F = acts_BF.shape[1];
  const values = await acts_BF.data();
  acts_BF.dispose();
  const kept: Act[] = [];
  values.forEach((act, i) => {
    if (act > 0) kept.push({ act, row: Math.floor(i / F), feature: i % F });
  });
  return kept;
}

function byActRowFeature(left: Act, right: Act): number {
  return right.act - left.act || left.row - right.row || left.feature - right.feature;
}

/** From acts strongest first: each row's own in that order, padded with 0 at index 0 to the fullest row's number. */
export function packRows(kept: readonly Act[], B: number): TopActs {
  const counts_B = new Int32Array(B);
  for (const { row } of kept) counts_B[row] += 1;
  const K = Math.max(1, ...counts_B);
  const [acts_BK, indices_BK] = [new Float32Array(B * K), new Int32Array(B * K)];
  counts_B.fill(0);
  for (const { act, row, feature } of kept) {
    const at = row * K + counts_B[row]++;
    acts_BK[at] = act;
    indices_BK[at] = feature;
  }
  return { acts_BK: tf.tensor2d(acts_BK, [B, K]), indices_BK: tf.tensor2d(indices_BK, [B, K], 'int32') };
}

export function expectFinite({ hidden_BD, encoder_FD, encoderBias_F }: Choice): void {
  if (!allFinite(hidden_BD)) throw notFinite('hidden_BD');
  if (!allFinite(encoder_FD) || !allFinite(encoderBias_F)) throw notFinite('encoder_FD and encoderBias_F');
}

/** 0 times a finite number is 0; 0 times anything else is NaN. */
function allFinite(tensor: Tensor): boolean {
  return tf.tidy(() => tf.sum(tf.mul(tensor, 0)).dataSync()[0] === 0);
}
