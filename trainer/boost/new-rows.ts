/** Rows that are added to a base: random ones, copies of its most active ones, those that a fine-tuned copy changed most. */
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from '../sae/dictionary.ts';
import { randomRows } from '../sae/init.ts';
import { type NewRows, appendRows } from '../sae/start-from.ts';

const ROWS_PER_BATCH = 1024;

/** Decoder rows of unit norm, the encoder their transpose at the length of the base's rows, so that they compete. */
export function randomNewRows(base: DictionaryWeights, count: number, seed: number): NewRows {
  const { width: F, hiddenWidth: D } = base;
  const decoder_ND = randomRows(count, D, createRng(seed));
  let length = 0;
  for (let f = 0; f < F; f++) length += Math.hypot(...base.encoder_FD.subarray(f * D, (f + 1) * D)) / F;
  const encoder_ND = decoder_ND.map((value) => value * length);
  return { encoder_ND, encoderBias_N: new Float32Array(count), decoder_ND };
}

/** The features that act on most rows, most active first; from the start again where fewer act than are wanted. */
export async function pickActive(
  kernels: Kernels,
  base: DictionaryWeights,
  hidden_ND: Float32Array,
  count: number,
): Promise<Int32Array> {
  const fires_F = await countFires(kernels, base, hidden_ND);
  const active = [...fires_F.keys()]
    .filter((f) => fires_F[f] > 0)
    .sort((a, b) => fires_F[b] - fires_F[a] || a - b);
  if (active.length === 0) {
    throw new Error(
      'base: expected features that act on the domain, got none. Is it a dictionary of this model and hookpoint?',
    );
  }
  return Int32Array.from({ length: count }, (_, i) => active[i % active.length]);
}

async function countFires(
  kernels: Kernels,
  base: DictionaryWeights,
  hidden_ND: Float32Array,
): Promise<Uint32Array> {
  const D = base.hiddenWidth;
  const dictionary = createDictionary(kernels, base);
  const fires_F = new Uint32Array(base.width);
  for (let start = 0; start < hidden_ND.length; start += ROWS_PER_BATCH * D) {
    const rows_BD = hidden_ND.slice(start, start + ROWS_PER_BATCH * D);
    const hidden_BD = tf.tensor2d(rows_BD, [rows_BD.length / D, D]);
    const top = await dictionary.encode(hidden_BD, base.k);
    const [acts, indices] = await Promise.all([top.acts_BK.data(), top.indices_BK.data()]);
    acts.forEach((act, i) => (fires_F[indices[i]] += act > 0 ? 1 : 0));
    tf.dispose([hidden_BD, ...Object.values(top)]);
  }
  dictionary.dispose();
  return fires_F;
}

export function copyRows(
  { encoder_FD, encoderBias_F, decoder_FD, hiddenWidth: D }: DictionaryWeights,
  features: ArrayLike<number>,
): NewRows {
  const rows = {
    encoder_ND: new Float32Array(features.length * D),
    encoderBias_N: new Float32Array(features.length),
    decoder_ND: new Float32Array(features.length * D),
  };
  for (let n = 0; n < features.length; n++) {
    const f = features[n];
    rows.encoder_ND.set(encoder_FD.subarray(f * D, (f + 1) * D), n * D);
    rows.encoderBias_N[n] = encoderBias_F[f];
    rows.decoder_ND.set(decoder_FD.subarray(f * D, (f + 1) * D), n * D);
  }
  return rows;
}

/** 1 - cosine of each decoder row before and after; 0 for a row that is zeros in either. */
export function changeOf(before: DictionaryWeights, after: DictionaryWeights): Float64Array {
  const D = before.hiddenWidth;
  return Float64Array.from({ length: before.width }, (_, f) => {
    let [dot, a, b] = [0, 0, 0];
    for (let i = f * D; i < (f + 1) * D; i++) {
      dot += before.decoder_FD[i] * after.decoder_FD[i];
      a += before.decoder_FD[i] ** 2;
      b += after.decoder_FD[i] ** 2;
    }
    return a > 0 && b > 0 ? 1 - dot / Math.sqrt(a * b) : 0;
  });
}

export function pickChanged(before: DictionaryWeights, after: DictionaryWeights, count: number): Int32Array {
  const change_F = changeOf(before, after);
  return Int32Array.from([...change_F.keys()].sort((a, b) => change_F[b] - change_F[a] || a - b)).slice(
    0,
    count,
  );
}

/**
 * SAE stitching (Leask et al. 2025, 2502.04878): the base with the most changed features of a tuned copy beside its own.
 * Their biases are moved to where the base centres.
 */
export function graftChanged(
  base: DictionaryWeights,
  tuned: DictionaryWeights,
  count: number,
): DictionaryWeights {
  const features = pickChanged(base, tuned, Math.min(count, base.width));
  return appendRows(base, copyRows(recentred(tuned, base), features));
}

/** The same acts where the decoder bias of another dictionary is taken from x: w(x - b) = w(x - b') + w(b' - b). */
function recentred(weights: DictionaryWeights, like: DictionaryWeights): DictionaryWeights {
  const { hiddenWidth: D, encoder_FD } = weights;
  const own_D = weights.centred ? weights.decoderBias_D : new Float32Array(D);
  const other_D = like.centred ? like.decoderBias_D : new Float32Array(D);
  const encoderBias_F = weights.encoderBias_F.map((bias, f) => {
    let moved = bias;
    for (let d = 0; d < D; d++) moved += encoder_FD[f * D + d] * (other_D[d] - own_D[d]);
    return moved;
  });
  return { ...weights, encoderBias_F };
}
