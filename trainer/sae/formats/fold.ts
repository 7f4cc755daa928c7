/**
 * Rewritings of a dictionary that leave what it computes as it is: factors of the input, norms of the decoder, the gate of a
 * gated dictionary. In place. Axes: D hidden width, F features.
 */
import type { RawWeights } from './read-weights.ts';

/** A dictionary trained on s·x, as one of x: acts unchanged. SAELens, fold_activation_norm_scaling_factor. */
export function foldInputScale(raw: RawWeights, inputScale: number, outputScale = inputScale): void {
  scale(raw.encoder_FD, inputScale);
  scale(raw.decoder_FD, 1 / outputScale);
  scale(raw.decoderBias_D, 1 / outputScale);
}

/**
 * Acts that are rescaled by their decoder row's norm before selection: decoder rows of norm 1, the norm in the encoder.
 * Returns how many rows were zero; those never act afterwards, as before they never added anything.
 */
export function foldDecoderNorms(raw: RawWeights): number {
  const { width: F, hiddenWidth: D, encoder_FD, encoderBias_F, decoder_FD } = raw;
  let zeroRows = 0;
  for (let f = 0; f < F; f++) {
    const encoder_D = encoder_FD.subarray(f * D, f * D + D);
    const decoder_D = decoder_FD.subarray(f * D, f * D + D);
    const norm = Math.sqrt(decoder_D.reduce((sum, value) => sum + value * value, 0));
    scale(encoder_D, norm);
    encoderBias_F[f] *= norm;
    if (norm > 0) scale(decoder_D, 1 / norm);
    else zeroRows += 1;
  }
  return zeroRows;
}

export interface Gate {
  readonly gateBias_F: Float32Array;
  readonly magnitudeBias_F: Float32Array;
  readonly logMagnitude_F: Float32Array;
}

/**
 * u > -b_gate with acts relu(e^r u + b_mag) is, in z = e^r u + b_mag, z > b_mag - e^r b_gate: a threshold for each feature.
 * Scales the encoder, sets its bias, returns the threshold.
 */
export function foldGate(
  raw: RawWeights,
  { gateBias_F, magnitudeBias_F, logMagnitude_F }: Gate,
): Float32Array {
  const { width: F, hiddenWidth: D, encoder_FD, encoderBias_F } = raw;
  const threshold_F = new Float32Array(F);
  for (let f = 0; f < F; f++) {
    const factor = Math.exp(logMagnitude_F[f]);
    scale(encoder_FD.subarray(f * D, f * D + D), factor);
    encoderBias_F[f] = magnitudeBias_F[f];
    threshold_F[f] = Math.max(0, magnitudeBias_F[f] - factor * gateBias_F[f]);
  }
  return threshold_F;
}

export function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] *= factor;
}

/** Acts are relu'd, so a threshold below zero is zero. */
export function aboveZero(threshold_F: Float32Array): Float32Array {
  return threshold_F.map((value) => Math.max(0, value));
}
