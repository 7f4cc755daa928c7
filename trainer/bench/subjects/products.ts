/** Bare matrix products [M, K] x [K, N], either operand stored transposed, and a bare copy. M, K, N are the shape's B, D, F. */
import { tf } from '../../compute/tf.ts';
import { COPY_BYTES } from '../ceilings.ts';
import { awaitTensor, type Operations, type SubjectInput } from './subjects.ts';

export function openProducts({ shape: { B: M, D: K, F: N } }: SubjectInput): Operations {
  const normal = (rows: number, columns: number) => tf.randomNormal([rows, columns], 0, 1, 'float32', 1);
  const [left, right] = [normal(M, K), normal(K, N)];
  const [leftT, rightT] = [normal(K, M), normal(N, K)];
  const source = tf.ones([COPY_BYTES / 4]);
  return {
    nn: () => awaitTensor(tf.matMul(left, right)),
    nt: () => awaitTensor(tf.matMul(left, rightT, false, true)),
    tn: () => awaitTensor(tf.matMul(leftT, right, true, false)),
    // Not clone(), which only counts one more reference.
    copy: () => awaitTensor(tf.add(source, 1)),
  };
}
