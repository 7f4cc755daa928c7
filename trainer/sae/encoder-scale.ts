/**
 * How long encoder rows should start: K unit rows that overlap rebuild an input several times over. The multiple s of all
 * acts with the least hierarchical loss is L(s) = a - 2 b s + c s², and one pass at s = 1 tells a, b and c.
 * (OpenAI's sparse_autoencoder rescales for the same reason, to unit length of the reconstruction.)
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { InitialWeights } from './init.ts';

const SAMPLE_ROWS = 1024; // the multiple is one number: its error is far below what the first step changes

/** Needs encoder bias 0: only then do acts grow in proportion with the encoder. */
export function bestEncoderScale(
  kernels: Kernels,
  initial: InitialWeights,
  hidden_ND: Float32Array,
  settings: { readonly k: number; readonly budgets: readonly number[] },
): number {
  const D = initial.decoderBias_D.length;
  const width = initial.encoderBias_F.length;
  const rows = Math.min(SAMPLE_ROWS, hidden_ND.length / D);
  return tf.tidy(() => {
    const hidden_BD = tf.tensor2d(hidden_ND.slice(0, rows * D), [rows, D]);
    const bias_D = tf.tensor1d(initial.decoderBias_D.slice());
    const centred_BD = tf.sub(tf.div(hidden_BD, initial.hiddenScale), bias_D) as Tensor2D;
    const top = kernels.encodeTopK({
      hidden_BD: centred_BD,
      encoder_FD: tf.tensor2d(initial.encoder_FD.slice(), [width, D]),
      encoderBias_F: tf.tensor1d(initial.encoderBias_F.slice()),
      k: settings.k,
    });
    const atOne = kernels.hierarchical({
      ...top,
      target_BD: centred_BD,
      decoder_FD: tf.tensor2d(initial.decoder_FD.slice(), [width, D]),
      decoderBias_D: tf.zeros([D]) as Tensor1D,
      budgets: settings.budgets,
    });
    const [a, loss, slope] = [
      tf.mean(tf.square(centred_BD)),
      atOne.loss,
      tf.sum(tf.mul(atOne.gradActs_BK, top.acts_BK)),
    ].map((scalar) => scalar.dataSync()[0]);
    const c = slope - loss + a; // L(1) = a - 2b + c and L'(1) = 2c - 2b
    const b = (a + c - loss) / 2;
    return c > 0 && b > 0 ? b / c : 1; // a sample that nothing fires on leaves the rows as they are
  });
}
