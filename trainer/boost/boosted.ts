/**
 * SAE Boost (2507.12990) at work: x ≈ x̂ + Σ_m ê_m, a frozen base and any number of residual dictionaries that all read x.
 * Features of the base come first, then those of each residual. No weight of any of them is changed or copied.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { Dictionary, EncodedActs } from '../sae/dictionary.ts';
import { type ActRows, mergeRows, splitRows } from './act-blocks.ts';

export type Boosted = Omit<Dictionary, 'kind'> & {
  /** Where the features of the base and of each residual begin; the last is the width. */
  readonly offsets: readonly number[];
};

/** The parts stay the caller's: dispose() frees only what was made here. */
export function createBoosted(base: Dictionary, residuals: readonly Dictionary[]): Boosted {
  residuals.forEach((residual, m) => expectResidual(base, residual, m));
  const parts = [base, ...residuals];
  const offsets = [0];
  for (const { width } of parts) offsets.push(offsets[offsets.length - 1] + width);
  const width = offsets[parts.length];
  const k = parts.reduce((sum, part) => sum + part.k, 0);
  const join = <T extends 'encoder_FD' | 'encoderBias_F' | 'decoder_FD'>(name: T): Dictionary[T] =>
    tf.keep(tf.concat<never>(parts.map((part) => part[name]) as never[])) as Dictionary[T];
  const [encoder_FD, encoderBias_F, decoder_FD] = [
    join('encoder_FD'),
    join('encoderBias_F'),
    join('decoder_FD'),
  ];

  /** Each part at its own budget, then the strongest of all. */
  async function encode(hidden_BD: Tensor2D, budget?: number): Promise<EncodedActs> {
    const encoded = await Promise.all(parts.map((part) => part.encode(hidden_BD, part.k)));
    const rows = await Promise.all(encoded.map(readRows));
    const blocks = rows.map((block, m) => ({ ...block, offset: offsets[m] }));
    const merged = mergeRows(blocks, hidden_BD.shape[0]);
    // What the rows were normalised by: the base undoes it, residuals never normalise.
    const { acts_BK: _, indices_BK: __, ...scales } = encoded[0];
    for (const { acts_BK, indices_BK } of encoded) tf.dispose([acts_BK, indices_BK]);
    return { ...toTensors(cutRows(merged, budget ?? merged.columns)), ...scales };
  }

  function decode(top: EncodedActs, budget?: number): Tensor2D {
    const rows = rowsOf(top);
    const kept = budget === undefined ? rows : cutRows(rows, budget);
    return tf.tidy(() => {
      let sum_BD: Tensor2D | null = null;
      for (const [m, part] of parts.entries()) {
        const own = toTensors(splitRows(kept, offsets[m], offsets[m + 1]));
        const decoded_BD = part.decode(m === 0 ? { ...top, ...own } : own);
        sum_BD = sum_BD ? tf.add(sum_BD, decoded_BD) : decoded_BD;
      }
      return sum_BD as Tensor2D;
    });
  }

  return {
    width,
    hiddenWidth: base.hiddenWidth,
    k,
    offsets,
    encoder_FD,
    encoderBias_F,
    decoder_FD,
    decoderBias_D: base.decoderBias_D,
    encode,
    decode,
    dispose: () => tf.dispose([encoder_FD, encoderBias_F, decoder_FD]),
  };
}

/**
 * The features of a residual alone, rebuilding what base and residual rebuild together: what the pages of a boost show.
 * Its acts carry x̂ of the base for their rows.
 */
export function createAddition(base: Dictionary, residual: Dictionary): Dictionary {
  expectResidual(base, residual, 0);
  return {
    ...residual,
    async encode(hidden_BD, budget) {
      const baseTop = await base.encode(hidden_BD, base.k);
      const base_BD = base.decode(baseTop);
      tf.dispose({ ...baseTop });
      return { ...(await residual.encode(hidden_BD, budget)), base_BD };
    },
    decode(top, budget) {
      const { base_BD } = top as EncodedActs & { base_BD: Tensor2D };
      return tf.tidy(() => tf.add(base_BD, residual.decode(top, budget)));
    },
  };
}

async function readRows({ acts_BK, indices_BK }: TopActs): Promise<ActRows> {
  const [acts, indices] = await Promise.all([acts_BK.data(), indices_BK.data()]);
  return { acts: acts as Float32Array, indices: indices as Int32Array, columns: acts_BK.shape[1] };
}

function rowsOf({ acts_BK, indices_BK }: TopActs): ActRows {
  const acts = acts_BK.dataSync() as Float32Array;
  return { acts, indices: indices_BK.dataSync() as Int32Array, columns: acts_BK.shape[1] };
}

function cutRows(rows: ActRows, budget: number): ActRows {
  if (budget >= rows.columns) return rows;
  const count = rows.acts.length / rows.columns;
  const [acts, indices] = [new Float32Array(count * budget), new Int32Array(count * budget)];
  for (let b = 0; b < count; b++) {
    acts.set(rows.acts.subarray(b * rows.columns, b * rows.columns + budget), b * budget);
    indices.set(rows.indices.subarray(b * rows.columns, b * rows.columns + budget), b * budget);
  }
  return { acts, indices, columns: budget };
}

function toTensors({ acts, indices, columns }: ActRows): TopActs {
  const shape: [number, number] = [acts.length / columns, columns];
  return { acts_BK: tf.tensor2d(acts, shape), indices_BK: tf.tensor2d(indices, shape, 'int32') };
}

function expectResidual(base: Dictionary, residual: Dictionary, m: number): void {
  if (residual.hiddenWidth !== base.hiddenWidth) {
    throw new Error(
      `residual ${m}: expected rows of ${base.hiddenWidth} as the base has, got ${residual.hiddenWidth}. ` +
        'Was it trained on another model?',
    );
  }
  if (residual.decoderBias_D.dataSync().every((value) => value === 0)) return;
  throw new Error(
    `residual ${m}: expected a decoder bias of zeros, got another: it would add to every token. ` +
      'Train it on what the base misses (residua boost).',
  );
}
