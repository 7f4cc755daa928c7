/**
 * Anthropic's loss on features that never fire (Jan 2025 update): coefficient · mean over rows of Σ ReLU(θ - z) over dead
 * features, which lifts their pre-acts and lowers their thresholds until they meet. Decoder rows have norm 1.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { PassGradients, PassInput } from './pass.ts';

/** Rows times dead features of a block: 16 MiB of float32 per intermediate. */
const BLOCK_VALUES = 2 ** 22;

export interface PreActLoss {
  readonly loss: Scalar;
  readonly gradients: Pick<PassGradients, 'encoder_FD' | 'encoderBias_F' | 'threshold_F' | 'read_D'>;
}

/** Dense over the dead features: call inside tf.tidy. */
export function preActLoss({ weights, read_BD, dead_F }: PassInput, coefficient: number): PreActLoss {
  const [B, D] = read_BD.shape;
  const [F] = weights.encoder_FD.shape;
  const dead_N = tf.tensor1d(indicesOf((dead_F as Tensor1D).dataSync()), 'int32');
  const encoder_ND = tf.gather(weights.encoder_FD, dead_N);
  const bias_N = tf.gather(weights.encoderBias_F, dead_N);
  const threshold_N = tf.gather(weights.threshold_F as Tensor1D, dead_N);
  const step = Math.max(1, Math.floor(BLOCK_VALUES / Math.max(1, dead_N.size)));
  const scale = coefficient / B;
  let [loss, count_N, rows_ND]: Tensor[] = [tf.scalar(0), tf.zerosLike(bias_N), tf.zerosLike(encoder_ND)];
  for (let start = 0; start < B; start += step) {
    const block_BD = tf.slice(read_BD, [start, 0], [Math.min(step, B - start), D]);
    const missing_BN = tf.relu(
      tf.sub(threshold_N, tf.add(tf.matMul(block_BD, encoder_ND, false, true), bias_N)),
    );
    const isBelow_BN = tf.cast(tf.greater(missing_BN, 0), 'float32') as Tensor2D;
    loss = tf.add(loss, tf.mul(tf.sum(missing_BN), scale));
    count_N = tf.add(count_N, tf.sum(isBelow_BN, 0));
    rows_ND = tf.add(rows_ND, tf.matMul(isBelow_BN, block_BD, true));
  }
  const at_N1 = dead_N.reshape([-1, 1]);
  const perFeature_F = tf.scatterND(at_N1, tf.mul(count_N, scale), [F]) as Tensor1D;
  const encoderBias_F = tf.neg(perFeature_F);
  return {
    loss: loss as Scalar,
    gradients: {
      encoder_FD: tf.scatterND(at_N1, tf.mul(rows_ND, -scale), [F, D]),
      encoderBias_F,
      threshold_F: perFeature_F,
      read_D: tf.matMul(encoderBias_F.reshape([1, F]), weights.encoder_FD).reshape([D]),
    },
  };
}

function indicesOf(mask_F: ArrayLike<number>): Int32Array {
  const found: number[] = [];
  for (let f = 0; f < mask_F.length; f++) if (mask_F[f] > 0) found.push(f);
  return Int32Array.from(found);
}
