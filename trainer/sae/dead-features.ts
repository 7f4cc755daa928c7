/**
 * Features that have stopped firing, and the loss that calls them back (AuxK, Gao et al. 2024 App. A.2, in the form of
 * dictionary_learning): the strongest dead features try to rebuild what the dictionary missed.
 */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { ExtraLoss, Weights } from './pass.ts';

/** Tokens seen since each feature last fired. Doubles: exact far beyond any run. */
export type SilentTokens = Float64Array;

/** The acts a step kept, block of rows by block of rows. */
export interface KeptActs {
  readonly acts: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
}

/** Fired means an act above 0 after selection. */
export function countSilence(silent_F: SilentTokens, kept: readonly KeptActs[], rows: number): void {
  for (let f = 0; f < silent_F.length; f++) silent_F[f] += rows;
  for (const { acts, indices } of kept) {
    for (let i = 0; i < acts.length; i++) if (acts[i] > 0) silent_F[indices[i]] = 0;
  }
}

export function countDead(silent_F: SilentTokens, deadAfterTokens: number): number {
  let dead = 0;
  for (const silent of silent_F) if (silent >= deadAfterTokens) dead += 1;
  return dead;
}

/** 1 for every dead feature. */
export function maskDead(silent_F: SilentTokens, deadAfterTokens: number): Float32Array {
  return Float32Array.from(silent_F, (silent) => (silent >= deadAfterTokens ? 1 : 0));
}

export interface AuxiliaryInput {
  readonly weights: Weights;
  readonly read_BD: Tensor2D;
  /** What the dictionary missed: x - x̂, a constant here. */
  readonly missed_BD: Tensor2D;
  readonly dead_F: Tensor1D;
  /** Acts per row: min(D/2, dead features). */
  readonly k: number;
  /** 1/32. */
  readonly coefficient: number;
}

/** A loss of 1 means that nothing of the missed part is rebuilt. coefficient * mean|e - ê|² / mean|e - ē|², ê = acts decoder without bias; 0 where that is not a number. */
export function auxiliaryLoss(kernels: Kernels, input: AuxiliaryInput): ExtraLoss {
  const { weights, read_BD, missed_BD, k } = input;
  const top = kernels.encodeTopK({
    hidden_BD: read_BD,
    encoder_FD: weights.encoder_FD,
    encoderBias_F: weights.encoderBias_F,
    k,
    allowed_F: input.dead_F,
  });
  const raw = kernels.hierarchical({
    ...top,
    target_BD: missed_BD,
    decoder_FD: weights.decoder_FD,
    decoderBias_D: tf.zerosLike(weights.decoderBias_D),
    budgets: [k],
  });
  const variance = tf.mean(tf.squaredDifference(missed_BD, tf.mean(missed_BD, 0)));
  const scale = tf.divNoNan(input.coefficient, variance);
  return {
    top,
    loss: tf.divNoNan(raw.loss, variance) as Scalar,
    gradActs_BK: tf.mul(raw.gradActs_BK, scale),
    gradDecoder_FD: tf.mul(raw.gradDecoder_FD, scale),
  };
}
