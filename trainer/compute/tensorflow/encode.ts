/**
 * Encoding of a whole batch, ranked where the acts are: one top-k over all B x F of them, so that only those kept come back
 * to JavaScript. The reference fetches them all.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { checkEncode, checkEncodeThreshold } from '../kernel-inputs.ts';
import type { EncodeInput, EncodeThresholdInput, TopActs } from '../kernels.ts';
import { choosableActs, expectFinite, packRows } from '../reference/encode.ts';
import { tf } from '../tf.ts';

export async function encodeBatchTopK(input: EncodeInput): Promise<TopActs> {
  const { B, K } = checkEncode(input);
  expectFinite(input);
  return pickStrongest(
    tf.tidy(() => choosableActs(input)),
    B * K,
  );
}

export async function encodeThreshold(input: EncodeThresholdInput): Promise<TopActs> {
  checkEncodeThreshold(input);
  expectFinite(input);
  const [above_BF, counts_B] = tf.tidy(() => {
    const acts_BF = choosableActs(input);
    const above_BF = tf.cast(tf.greater(acts_BF, input.threshold), 'float32') as Tensor2D;
    // Row by row: float32 counts exactly up to 2^24, which a whole batch may exceed.
    return [tf.mul(acts_BF, above_BF) as Tensor2D, tf.sum(above_BF, 1)];
  });
  const counts = (await counts_B.data()) as Float32Array;
  counts_B.dispose();
  return pickStrongest(
    above_BF,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/** Takes the tensor over. libtensorflow's top-k gives ties to the lowest index: the lowest row, then feature. */
async function pickStrongest(acts_BF: Tensor2D, most: number): Promise<TopActs> {
  const [B, F] = acts_BF.shape;
  const { values, indices } = tf.tidy(() => tf.topk(acts_BF.reshape([B * F]), Math.max(1, most), true));
  acts_BF.dispose();
  const [acts, places] = await Promise.all([values.data(), indices.data()]);
  tf.dispose([values, indices]);
  const kept = Array.from(acts, (act, i) => ({
    act,
    row: Math.floor(places[i] / F),
    feature: places[i] % F,
  }));
  return packRows(
    kept.filter(({ act }) => act > 0),
    B,
  );
}
