/** Bare matrix products [M, K] x [K, N], either operand stored transposed, and a bare copy. M, K, N are the shape's B, D, F. */
import { tf } from '../../compute/tf.ts';
import { COPY_BYTES } from '../ceilings.ts';
import { awaitTensor, type Operation, type Operations, type SubjectInput } from './subjects.ts';

export function openProducts({ backend, shape: { B: M, D: K, F: N } }: SubjectInput): Operations {
  const normal = (rows: number, columns: number) => tf.randomNormal([rows, columns], 0, 1, 'float32', 1);
  const [left, right] = [normal(M, K), normal(K, N)];
  const [leftT, rightT] = [normal(K, M), normal(N, K)];
  return {
    nn: () => awaitTensor(tf.matMul(left, right)),
    nt: () => awaitTensor(tf.matMul(left, rightT, false, true)),
    tn: () => awaitTensor(tf.matMul(leftT, right, true, false)),
    copy: openCopy(backend.name),
  };
}

/** On a device by an operation, since clone() only counts one more reference; in memory without a fresh result to fill. */
function openCopy(backendName: string): Operation {
  if (backendName === 'webgpu' || backendName === 'tensorflow') {
    const source = tf.ones([COPY_BYTES / 4]);
    return () => awaitTensor(tf.add(source, 1));
  }
  const [source, target] = [new Float32Array(COPY_BYTES / 4).fill(1), new Float32Array(COPY_BYTES / 4)];
  return () => Promise.resolve(target.set(source));
}
