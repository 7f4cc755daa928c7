/** Adam in TensorFlow.js ops (Kingma & Ba 2015, algorithm 1; decoupled decay of Loshchilov & Hutter 2019). */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { AdamInput } from '../kernels.ts';
import { tf } from '../tf.ts';

const TINY = 1e-30; // keeps a zero row from dividing by zero; far below any norm in use

export function adam(input: AdamInput): void {
  const { parameter, firstMoment, secondMoment, beta1, beta2, epsilon, step, learningRate } = input;
  tf.tidy(() => {
    const projected = input.unitRows
      ? removeRadialPart(input.gradient as Tensor2D, parameter as unknown as Tensor2D)
      : input.gradient;
    const gradient = tf.mul(projected, input.gradientScale ?? 1);
    firstMoment.assign(tf.add(tf.mul(firstMoment, beta1), tf.mul(gradient, 1 - beta1)));
    secondMoment.assign(tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
    const mean = tf.div(firstMoment, 1 - beta1 ** step);
    const deviation = tf.sqrt(tf.div(secondMoment, 1 - beta2 ** step));
    const decayed = tf.mul(parameter, 1 - learningRate * (input.weightDecay ?? 0));
    const moved = tf.sub(decayed, tf.mul(tf.div(mean, tf.add(deviation, epsilon)), learningRate));
    parameter.assign(input.unitRows ? normaliseRows(moved as Tensor2D) : moved);
  });
}

export async function sumOfSquares(gradient: Tensor, unitRows?: Tensor2D): Promise<number> {
  const sum = tf.tidy(() => {
    const kept = unitRows ? removeRadialPart(gradient as Tensor2D, unitRows) : gradient;
    return tf.sum(tf.square(kept));
  });
  const [value] = await sum.data();
  sum.dispose();
  return value;
}

/** g − (g·w) w / (w·w), row by row. */
function removeRadialPart(gradient_FD: Tensor2D, rows_FD: Tensor2D): Tensor2D {
  const along_F1 = tf.sum(tf.mul(gradient_FD, rows_FD), 1, true);
  const squares_F1 = tf.maximum(tf.sum(tf.square(rows_FD), 1, true), TINY);
  return tf.sub(gradient_FD, tf.mul(rows_FD, tf.div(along_F1, squares_F1)));
}

function normaliseRows(rows_FD: Tensor2D): Tensor2D {
  return tf.div(rows_FD, tf.sqrt(tf.maximum(tf.sum(tf.square(rows_FD), 1, true), TINY)));
}
