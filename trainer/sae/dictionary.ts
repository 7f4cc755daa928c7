/**
 * The dictionary contract: hidden states in, sparse acts out, and back. acts = select(relu((x - bDec) Wencᵀ + bEnc));
 * x̂_j = bDec + the j strongest acts times their decoder rows. One set of weights serves every budget j <= K.
 * Knows nothing of models, tokens or how the weights were fitted.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels, TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { encodeGroupMax } from './group-max.ts';
import type { DictionaryKind } from './kinds.ts';
import { type RowNormalisation, type RowScales, normaliseRows } from './row-normalisation.ts';

export type { RowNormalisation } from './row-normalisation.ts';

/** How acts are chosen from relu(pre-acts). */
export type Selection =
  /** topk, hierarchical-topk: the k strongest of a row. */
  | { readonly by: 'topk'; readonly k: number }
  /** jumprelu; batch-topk and matryoshka once fitted; relu (zeros); gated (folded). Strictly above. */
  | { readonly by: 'threshold'; readonly threshold_F: Float32Array }
  /** k equal groups of features, the strongest of each. */
  | { readonly by: 'group-max'; readonly k: number };

/** Plain numbers in the units of the hidden states, row-major. */
export interface DictionaryWeights {
  readonly kind: DictionaryKind;
  readonly width: number;
  readonly hiddenWidth: number;
  /** The largest budget K. Where a threshold chooses, a cap on the acts that are stored: at least 4 x the mean L0. */
  readonly k: number;
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  /** Zeros for a residual dictionary. */
  readonly decoderBias_D: Float32Array;
  readonly selection: Selection;
  /** Whether the decoder bias is taken from x before the encoder reads it. */
  readonly centred: boolean;
  /** Per row, undone on the reconstruction. Factors that are one number are folded into the weights. */
  readonly normalisation: RowNormalisation;
  /** Matryoshka: where each nested prefix of the features ends, ascending, the last at the width. */
  readonly groupEnds?: readonly number[];
}

/** Acts, strongest first, with what their rows were normalised by: whoever cuts the acts passes that on. */
export type EncodedActs = TopActs & Partial<RowScales>;

export interface Dictionary {
  readonly kind: DictionaryKind;
  /** Features F. */
  readonly width: number;
  /** D of the hidden states. */
  readonly hiddenWidth: number;
  readonly k: number;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
  /**
   * The strongest `budget` of the acts that the selection keeps; all of them when absent. A threshold may keep fewer than
   * the budget: then there are fewer columns. Trap: not to be called inside tf.tidy, which cannot wait.
   */
  encode(hidden_BD: Tensor2D, budget?: number): Promise<EncodedActs>;
  /** From acts as encode gave them; only the strongest `budget` of each row when given. */
  decode(top: EncodedActs, budget?: number): Tensor2D;
  dispose(): void;
}

export function createDictionary(kernels: Kernels, weights: DictionaryWeights): Dictionary {
  checkWeights(weights);
  const { kind, width, hiddenWidth, k, selection, normalisation, centred } = weights;
  const encoder_FD = tf.keep(tf.tensor2d(weights.encoder_FD, [width, hiddenWidth]));
  const encoderBias_F = tf.keep(tf.tensor1d(weights.encoderBias_F));
  const decoder_FD = tf.keep(tf.tensor2d(weights.decoder_FD, [width, hiddenWidth]));
  const decoderBias_D = tf.keep(tf.tensor1d(weights.decoderBias_D));
  const threshold_F = selection.by === 'threshold' ? tf.keep(tf.tensor1d(selection.threshold_F)) : undefined;

  async function encode(hidden_BD: Tensor2D, budget?: number): Promise<EncodedActs> {
    if (budget !== undefined) expectBudget(budget, k);
    expectWidth(hidden_BD, hiddenWidth);
    const { normalised_BD, ...scales } =
      normalisation === 'none' ? { normalised_BD: hidden_BD } : normaliseRows(hidden_BD, normalisation);
    const read_BD = centred ? (tf.sub(normalised_BD, decoderBias_D) as Tensor2D) : normalised_BD;
    try {
      return { ...(await select(read_BD, budget)), ...scales };
    } finally {
      for (const tensor of new Set([normalised_BD, read_BD])) if (tensor !== hidden_BD) tensor.dispose();
    }
  }

  async function select(read_BD: Tensor2D, budget?: number): Promise<TopActs> {
    const input = { hidden_BD: read_BD, encoder_FD, encoderBias_F };
    if (selection.by === 'topk') return kernels.encodeTopK({ ...input, k: budget ?? k });
    const all =
      threshold_F !== undefined
        ? await kernels.encodeThreshold({ ...input, threshold: threshold_F })
        : encodeGroupMax({ ...input, groups: k });
    if (budget === undefined || budget >= all.acts_BK.shape[1]) return all;
    const cut = cutActs(all, budget);
    tf.dispose({ ...all });
    return cut;
  }

  function decode(top: EncodedActs, budget?: number): Tensor2D {
    const kept = top.acts_BK.shape[1];
    if (budget !== undefined) expectBudget(budget, Math.max(k, kept));
    return tf.tidy(() => {
      const { acts_BK, indices_BK } = budget === undefined || budget >= kept ? top : cutActs(top, budget);
      const decoded_BD = kernels.decode(acts_BK, indices_BK, decoder_FD, decoderBias_D);
      const { scale_B1, shift_B1 } = top;
      return scale_B1 && shift_B1 ? tf.add(tf.mul(decoded_BD, scale_B1), shift_B1) : decoded_BD;
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
    dispose() {
      tf.dispose([encoder_FD, encoderBias_F, decoder_FD, decoderBias_D]);
      threshold_F?.dispose();
    },
  };
}

function cutActs({ acts_BK, indices_BK }: TopActs, budget: number): TopActs {
  const size: [number, number] = [acts_BK.shape[0], budget];
  return { acts_BK: tf.slice(acts_BK, [0, 0], size), indices_BK: tf.slice(indices_BK, [0, 0], size) };
}

function checkWeights({ width, k, selection }: DictionaryWeights): void {
  if (selection.by === 'threshold') {
    const { length } = selection.threshold_F;
    if (length === width && selection.threshold_F.every((value) => value >= 0 && value < Infinity)) return;
    throw new Error(
      `threshold_F: expected ${width} numbers of at least 0, got ${length} of which some may not be. Are they pre-acts?`,
    );
  }
  if (selection.k !== k || (selection.by === 'group-max' && width % k !== 0)) {
    throw new Error(
      `selection ${selection.by}: expected k = ${k}${selection.by === 'group-max' ? ` that divides the width ${width}` : ''}, ` +
        `got ${selection.k}. Give both the same.`,
    );
  }
}

function expectWidth(hidden_BD: Tensor2D, hiddenWidth: number): void {
  if (hidden_BD.shape[1] === hiddenWidth) return;
  throw new Error(
    `hidden_BD: expected D = ${hiddenWidth}, got ${hidden_BD.shape[1]}. Was the dictionary trained on another model?`,
  );
}

function expectBudget(budget: number, most: number): void {
  if (Number.isInteger(budget) && budget >= 1 && budget <= most) return;
  throw new RangeError(`budget: expected an integer in 1..${most}, got ${budget}. Choose one there.`);
}
