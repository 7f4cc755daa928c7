/** sparsify's groupmax: features in k equal groups, one after another; of each group the strongest act is kept. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';

export interface GroupMaxInput {
  /** Already centred. */
  readonly hidden_BD: Tensor2D;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly groups: number;
}

/** Strongest first, as every selection; a group without a positive pre-act gives padding. B x F is stored. */
export function encodeGroupMax({ hidden_BD, encoder_FD, encoderBias_F, groups }: GroupMaxInput): TopActs {
  return tf.tidy(() => {
    const B = hidden_BD.shape[0];
    const perGroup = encoder_FD.shape[0] / groups;
    const acts_BF = tf.relu(tf.add(tf.matMul(hidden_BD, encoder_FD, false, true), encoderBias_F));
    const acts_BGP = acts_BF.reshape([B, groups, perGroup]);
    const strongest_BG = tf.max(acts_BGP, 2) as Tensor2D;
    const feature_BG = tf.add(tf.argMax(acts_BGP, 2), tf.range(0, groups, 1, 'int32').mul(perGroup));
    const { values, indices: groups_BG } = tf.topk(strongest_BG, groups, true);
    const at_N = tf.add(groups_BG, tf.range(0, B, 1, 'int32').mul(groups).reshape([B, 1])).flatten();
    const sorted_BG = tf.gather(feature_BG.flatten(), at_N.toInt()).reshape([B, groups]);
    const indices_BK = tf.mul(sorted_BG, tf.cast(tf.greater(values, 0), 'int32'));
    return { acts_BK: values as Tensor2D, indices_BK: tf.cast(indices_BK, 'int32') as Tensor2D };
  });
}
