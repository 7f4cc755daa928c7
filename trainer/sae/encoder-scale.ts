/**
 * How long encoder rows should start: K unit rows that overlap rebuild an input several times over. The multiple s of all
 * acts with the least hierarchical loss is L(s) = a - 2 b s + c s², and one pass at s = 1 tells a, b and c.
 * (OpenAI's sparse_autoencoder rescales for the same reason, to unit length of the reconstruction.)
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';

/** Enough: the multiple is one number, and its error is far below what the first step changes. */
export const SAMPLE_ROWS = 1024;
/** Random rows may rebuild a residual worse than nothing does: then acts start at a tenth of the target's length. */
const LEAST_SHARE = 0.1;

export interface ScaleInput {
  readonly encoder_FD: Float32Array;
  readonly decoder_FD: Float32Array;
  /** Scaled and centred. */
  readonly read_BD: Tensor2D;
  /** Without the decoder bias. */
  readonly target_BD: Tensor2D;
}

/** Needs encoder bias 0: only then do acts grow in proportion with the encoder. */
export function bestEncoderScale(
  kernels: Kernels,
  { encoder_FD, decoder_FD, read_BD, target_BD }: ScaleInput,
  settings: { readonly k: number; readonly budgets: readonly number[] },
): number {
  const D = read_BD.shape[1];
  const width = encoder_FD.length / D;
  return tf.tidy(() => {
    const top = kernels.encodeTopK({
      hidden_BD: read_BD,
      encoder_FD: tf.tensor2d(encoder_FD.slice(), [width, D]),
      encoderBias_F: tf.zeros([width]) as Tensor1D,
      k: settings.k,
    });
    const atOne = kernels.hierarchical({
      ...top,
      target_BD,
      decoder_FD: tf.tensor2d(decoder_FD.slice(), [width, D]),
      decoderBias_D: tf.zeros([D]) as Tensor1D,
      budgets: settings.budgets,
    });
    const [a, loss, slope] = [
      tf.mean(tf.square(target_BD)),
      atOne.loss,
      tf.sum(tf.mul(atOne.gradActs_BK, top.acts_BK)),
    ].map((scalar) => scalar.dataSync()[0]);
    const c = slope - loss + a; // L(1) = a - 2b + c and L'(1) = 2c - 2b
    const b = (a + c - loss) / 2;
    return c > 0 ? Math.max(b / c, LEAST_SHARE * Math.sqrt(a / c)) : 1; // nothing fires: rows stay as they are
  });
}
