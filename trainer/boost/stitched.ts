/**
 * The stitched form of a boost (2507.12990, Fig. 1 right): both encoders read x, so base and residuals stand in one matrix
 * each, W' = [W; W_res], and every block keeps the way in which its acts are chosen. Adds up to the same, to rounding: a
 * base that centres on its decoder bias gets that bias folded into the one of its encoder.
 */
import type { Kernels } from '../compute/kernels.ts';
import { type DictionaryWeights, type Selection, createDictionary } from '../sae/dictionary.ts';
import type { DictionaryKind } from '../sae/kinds.ts';
import { type Boosted, createBoosted } from './boosted.ts';

/** Consecutive features that choose their acts among themselves. */
export interface Block {
  readonly kind: DictionaryKind;
  readonly features: number;
  /** Most acts of a token. */
  readonly k: number;
  readonly selection: Selection;
}

export interface StitchedWeights {
  readonly hiddenWidth: number;
  /** The base's first. */
  readonly blocks: readonly Block[];
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  readonly decoderBias_D: Float32Array;
}

export function stitch(base: DictionaryWeights, residuals: readonly DictionaryWeights[]): StitchedWeights {
  const parts = [uncentred(base), ...residuals.map(uncentred)];
  for (const { normalisation } of parts) {
    if (normalisation === 'none') continue;
    throw new Error(
      `stitch: expected rows read as they are, got a dictionary that reads them by ${normalisation}. ` +
        'Keep base and boost as two files; their sum is the same.',
    );
  }
  const join = (name: 'encoder_FD' | 'encoderBias_F' | 'decoder_FD') => {
    const all = new Float32Array(parts.reduce((sum, part) => sum + part[name].length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part[name], at);
      at += part[name].length;
    }
    return all;
  };
  return {
    hiddenWidth: base.hiddenWidth,
    blocks: parts.map(({ kind, width, k, selection }) => ({ kind, features: width, k, selection })),
    encoder_FD: join('encoder_FD'),
    encoderBias_F: join('encoderBias_F'),
    decoder_FD: join('decoder_FD'),
    decoderBias_D: base.decoderBias_D.slice(),
  };
}

/** The blocks as dictionaries; the first has the decoder bias, the others zeros. */
export function unstitch(stitched: StitchedWeights): DictionaryWeights[] {
  const { hiddenWidth: D, blocks } = stitched;
  let first = 0;
  return blocks.map(({ kind, features, k, selection }, m) => {
    const [from, to] = [first, first + features];
    first = to;
    return {
      kind,
      width: features,
      hiddenWidth: D,
      k,
      encoder_FD: stitched.encoder_FD.slice(from * D, to * D),
      encoderBias_F: stitched.encoderBias_F.slice(from, to),
      decoder_FD: stitched.decoder_FD.slice(from * D, to * D),
      decoderBias_D: m === 0 ? stitched.decoderBias_D.slice() : new Float32Array(D),
      selection,
      centred: false,
      normalisation: 'none',
    };
  });
}

export function createStitched(kernels: Kernels, stitched: StitchedWeights): Boosted {
  const [base, ...residuals] = unstitch(stitched).map((weights) => createDictionary(kernels, weights));
  const boosted = createBoosted(base, residuals);
  return {
    ...boosted,
    dispose() {
      boosted.dispose();
      for (const part of [base, ...residuals]) part.dispose();
    },
  };
}

/** w (x - b) + c = w x + (c - w b), summed in double precision. */
function uncentred(weights: DictionaryWeights): DictionaryWeights {
  if (!weights.centred) return weights;
  const { hiddenWidth: D, encoder_FD, decoderBias_D } = weights;
  const encoderBias_F = weights.encoderBias_F.map((bias, f) => {
    let product = 0;
    for (let d = 0; d < D; d++) product += encoder_FD[f * D + d] * decoderBias_D[d];
    return bias - product;
  });
  return { ...weights, encoderBias_F, centred: false };
}
