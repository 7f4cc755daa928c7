/**
 * The dictionary contract: hidden states in, sparse acts out, and back. acts = topk(relu((x - bDec) Wencᵀ + bEnc));
 * x̂_j = bDec + the j strongest acts times their decoder rows. One set of weights serves every budget j <= K.
 * Knows nothing of models, tokens or how the weights were fitted.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels, TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { DictionaryKind } from './kinds.ts';

/** Plain numbers in the units of the hidden states, row-major. */
export interface DictionaryWeights {
  readonly kind: DictionaryKind;
  readonly width: number;
  readonly hiddenWidth: number;
  /** The largest budget K. */
  readonly k: number;
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  readonly decoderBias_D: Float32Array;
}

export interface Dictionary {
  readonly kind: DictionaryKind;
  /** Features F. */
  readonly width: number;
  /** D of the hidden states. */
  readonly hiddenWidth: number;
  readonly k: number;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  /** Unit rows. */
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
  /** The strongest `budget` acts of every row (K when absent), in the units of the hidden states. */
  encode(hidden_BD: Tensor2D, budget?: number): TopActs;
  /** From acts as encode gave them; only the strongest `budget` of each row when given. */
  decode(top: TopActs, budget?: number): Tensor2D;
  dispose(): void;
}

export function createDictionary(kernels: Kernels, weights: DictionaryWeights): Dictionary {
  const { kind, width, hiddenWidth, k } = weights;
  const encoder_FD = tf.keep(tf.tensor2d(weights.encoder_FD, [width, hiddenWidth]));
  const encoderBias_F = tf.keep(tf.tensor1d(weights.encoderBias_F));
  const decoder_FD = tf.keep(tf.tensor2d(weights.decoder_FD, [width, hiddenWidth]));
  const decoderBias_D = tf.keep(tf.tensor1d(weights.decoderBias_D));

  function encode(hidden_BD: Tensor2D, budget = k): TopActs {
    expectBudget(budget, k);
    if (hidden_BD.shape[1] !== hiddenWidth) {
      throw new Error(
        `hidden_BD: expected D = ${hiddenWidth}, got ${hidden_BD.shape[1]}. Was the dictionary trained on another model?`,
      );
    }
    return tf.tidy(() => {
      const centred_BD = tf.sub(hidden_BD, decoderBias_D) as Tensor2D;
      return { ...kernels.encodeTopK({ hidden_BD: centred_BD, encoder_FD, encoderBias_F, k: budget }) };
    });
  }

  function decode(top: TopActs, budget?: number): Tensor2D {
    const kept = top.acts_BK.shape[1];
    if (budget === undefined || budget === kept) {
      return kernels.decode(top.acts_BK, top.indices_BK, decoder_FD, decoderBias_D);
    }
    expectBudget(budget, kept);
    return tf.tidy(() => {
      const rows = top.acts_BK.shape[0];
      const acts_BJ = tf.slice(top.acts_BK, [0, 0], [rows, budget]);
      const indices_BJ = tf.slice(top.indices_BK, [0, 0], [rows, budget]);
      return kernels.decode(acts_BJ, indices_BJ, decoder_FD, decoderBias_D);
    });
  }

  return {
    kind,
    width,
    hiddenWidth,
    k,
    encoder_FD,
    encoderBias_F,
    decoder_FD,
    decoderBias_D,
    encode,
    decode,
    dispose: () => tf.dispose([encoder_FD, encoderBias_F, decoder_FD, decoderBias_D]),
  };
}

function expectBudget(budget: number, most: number): void {
  if (Number.isInteger(budget) && budget >= 1 && budget <= most) return;
  throw new RangeError(`budget: expected an integer in 1..${most}, got ${budget}. Choose one there.`);
}
