/**
 * What some dictionaries do to every row before they read it, and undo on what they rebuild: a mean taken off, a factor
 * put on. Both belong to the row, so they travel with its acts. Exact definitions: sparsify and SAELens, which agree.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';

/** layer-norm: (x - mean) / (unbiased deviation + 1e-5). constant-norm: x √D / |x|. */
export type RowNormalisation = 'none' | 'layer-norm' | 'constant-norm';

/** hidden ≈ normalised · scale + shift, row by row; for layer-norm up to the epsilon, which theirs do not undo either. */
export interface RowScales {
  readonly scale_B1: Tensor2D;
  readonly shift_B1: Tensor2D;
}

const DEVIATION_EPSILON = 1e-5; // theirs: keeps a constant row finite
const TINY_NORM = 1e-12; // a row of zeros stays one

export function normaliseRows(
  hidden_BD: Tensor2D,
  how: Exclude<RowNormalisation, 'none'>,
): RowScales & { readonly normalised_BD: Tensor2D } {
  return tf.tidy(() => {
    const D = hidden_BD.shape[1];
    if (how === 'constant-norm') {
      const norm_B1 = tf.sqrt(tf.sum(tf.square(hidden_BD), 1, true));
      const scale_B1 = tf.div(tf.maximum(norm_B1, TINY_NORM), Math.sqrt(D)) as Tensor2D;
      return {
        normalised_BD: tf.div(hidden_BD, scale_B1) as Tensor2D,
        scale_B1,
        shift_B1: tf.zerosLike(scale_B1),
      };
    }
    const shift_B1 = tf.mean(hidden_BD, 1, true) as Tensor2D;
    const centred_BD = tf.sub(hidden_BD, shift_B1);
    const variance_B1 = tf.div(tf.sum(tf.square(centred_BD), 1, true), Math.max(1, D - 1));
    const scale_B1 = tf.sqrt(variance_B1) as Tensor2D;
    const normalised_BD = tf.div(centred_BD, tf.add(scale_B1, DEVIATION_EPSILON)) as Tensor2D;
    return { normalised_BD, scale_B1, shift_B1 };
  });
}
