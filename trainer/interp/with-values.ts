/**
 * Computes a tensor, hands its values on and frees it. The values are the tensor's own memory: not to be kept.
 * Trap: tf.tidy walks whatever it is returned, element by element, so a typed array must never leave it.
 */
import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';

export function withValues<Result>(compute: () => Tensor, use: (values: Float32Array) => Result): Result {
  const tensor = tf.tidy(compute);
  try {
    return use(tensor.dataSync() as Float32Array);
  } finally {
    tensor.dispose();
  }
}
