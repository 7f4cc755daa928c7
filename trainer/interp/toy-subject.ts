/** A model, a dictionary and a tokenizer small enough to work by hand: what this room's tests read out. */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { ReadableDictionary, ReadableModel, ReadableTokenizer } from './subject.ts';

/** The hidden state of a token is its row of `hidden_VD`; logits are its product with `unembedding_VD`. */
export function createToyModel(hidden_VD: number[][], unembedding_VD: number[][]): ReadableModel {
  const table_VD = tf.tensor2d(hidden_VD);
  const unembedding = tf.tensor2d(unembedding_VD);
  const D = hidden_VD[0].length;
  const hiddenAt = (tokens_BT: Tensor2D): Tensor3D => {
    const [B, T] = tokens_BT.shape;
    return tf.gather(table_VD, tokens_BT.flatten().toInt()).reshape([B, T, D]);
  };
  return {
    hiddenAt,
    unembedding_VD: unembedding,
    lastHidden: (tokens_BT, edit) => (edit ? edit.apply(hiddenAt(tokens_BT)) : hiddenAt(tokens_BT)),
    unembed: (last_BD) => tf.matMul(last_BD, unembedding, false, true),
  };
}

/** acts = the strongest of relu(x decoderᵀ); no biases. */
export function createToyDictionary(decoder_FD: number[][]): ReadableDictionary {
  const weights_FD = tf.tensor2d(decoder_FD);
  const [F, D] = weights_FD.shape;
  return {
    width: F,
    encoder_FD: weights_FD,
    encoderBias_F: tf.zeros([F]),
    decoder_FD: weights_FD,
    encode: (hidden_BD, budget) =>
      Promise.resolve(
        tf.tidy(() => {
          const acts_BF = tf.relu(tf.matMul<Tensor2D>(hidden_BD, weights_FD, false, true));
          const { values, indices } = tf.topk<Tensor2D>(acts_BF, budget);
          return { acts_BK: values, indices_BK: indices };
        }),
      ),
    decode: ({ acts_BK, indices_BK }) => {
      const out: number[][] = [];
      const indices = indices_BK.arraySync();
      acts_BK.arraySync().forEach((acts, b) => {
        const row = new Array<number>(D).fill(0);
        for (let r = 0; r < acts.length; r++) {
          for (let d = 0; d < D; d++) row[d] += acts[r] * decoder_FD[indices[b][r]][d];
        }
        out.push(row);
      });
      return tf.tensor2d(out, [out.length, D]);
    },
  };
}

export function createToyTokenizer(texts: readonly string[]): ReadableTokenizer {
  const encoder = new TextEncoder();
  return { text: (token) => texts[token], bytes: (token) => encoder.encode(texts[token]) };
}
