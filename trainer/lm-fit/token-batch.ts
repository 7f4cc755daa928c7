/** Rows of contextLength + 1 tokens as tensors: the inputs and, shifted by one, the targets. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';

export interface TokenBatch {
  readonly inputs_BT: Tensor2D;
  /** N = B T, row by row. */
  readonly targets_N: Tensor1D;
}

export function createTokenBatch(tokens_BT1: ArrayLike<number>, contextLength: number): TokenBatch {
  const rows = tokens_BT1.length / (contextLength + 1);
  const inputs = new Int32Array(rows * contextLength);
  const targets = new Int32Array(rows * contextLength);
  for (let row = 0; row < rows; row++) {
    for (let t = 0; t < contextLength; t++) {
      inputs[row * contextLength + t] = tokens_BT1[row * (contextLength + 1) + t];
      targets[row * contextLength + t] = tokens_BT1[row * (contextLength + 1) + t + 1];
    }
  }
  return {
    inputs_BT: tf.tensor2d(inputs, [rows, contextLength], 'int32'),
    targets_N: tf.tensor1d(targets, 'int32'),
  };
}
