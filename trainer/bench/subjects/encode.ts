/** The encoder alone: fused with top-k, and as the bare product that bounds it (B x F stored). */
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { awaitTensor, type Operations, type SubjectInput } from './subjects.ts';

function openEncoder({ D, F }: SubjectInput['shape']) {
  const rng = createRng(2);
  return tf.tensor2d(
    Float32Array.from({ length: F * D }, () => rng.normal() / Math.sqrt(D)),
    [F, D],
  );
}

export function openEncode({ backend, shape, batches }: SubjectInput): Operations {
  const encoder_FD = openEncoder(shape);
  const encoderBias_F = tf.tensor1d(new Float32Array(shape.F));
  return {
    encode: async () => {
      const top = backend.kernels.encodeTopK({
        hidden_BD: batches[0],
        encoder_FD,
        encoderBias_F,
        k: shape.K,
      });
      await awaitTensor(top.acts_BK);
      top.indices_BK.dispose();
    },
  };
}

export function openProduct({ shape, batches }: SubjectInput): Operations {
  const encoder_FD = openEncoder(shape);
  return { product: () => awaitTensor(tf.matMul(batches[0], encoder_FD, false, true)) };
}
