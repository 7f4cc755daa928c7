/**
 * Where a dictionary starts (sae-peers' common recipe): decoder rows random and of unit norm, encoder their transpose,
 * encoder bias 0, decoder bias the geometric median of a sample. Inputs are divided by `hiddenScale`, the root mean
 * square of a centred coordinate, so that learning rates mean the same for every model.
 */
import type { Rng } from '../compute/rng.ts';
import { geometricMedian } from './geometric-median.ts';

export interface InitialWeights {
  /** Hidden states are divided by it before the dictionary sees them. */
  readonly hiddenScale: number;
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  /** In scaled units. */
  readonly decoderBias_D: Float32Array;
}

export function initWeights(hidden_ND: Float32Array, D: number, width: number, rng: Rng): InitialWeights {
  const notFinite = hidden_ND.findIndex((value) => !Number.isFinite(value));
  if (notFinite >= 0) {
    throw new Error(
      `hidden_ND of the first batches: expected finite values, got ${hidden_ND[notFinite]} in row ` +
        `${Math.floor(notFinite / D)}. Look at the model and the hookpoint.`,
    );
  }
  const median_D = geometricMedian(hidden_ND, D);
  const hiddenScale = rootMeanSquare(hidden_ND, median_D) || 1; // a constant source has no scale of its own
  const decoder_FD = unitRows(width, D, rng);
  return {
    hiddenScale,
    encoder_FD: decoder_FD.slice(),
    encoderBias_F: new Float32Array(width),
    decoder_FD,
    decoderBias_D: Float32Array.from(median_D, (value) => value / hiddenScale),
  };
}

function unitRows(width: number, D: number, rng: Rng): Float32Array {
  const rows_FD = new Float32Array(width * D);
  for (let start = 0; start < rows_FD.length; start += D) {
    let squares = 0;
    for (let d = 0; d < D; d++) {
      const value = rng.normal();
      rows_FD[start + d] = value;
      squares += value * value;
    }
    for (let d = 0; d < D; d++) rows_FD[start + d] /= Math.sqrt(squares);
  }
  return rows_FD;
}

function rootMeanSquare(hidden_ND: Float32Array, centre_D: Float64Array): number {
  const D = centre_D.length;
  let sum = 0;
  for (let i = 0; i < hidden_ND.length; i++) sum += (hidden_ND[i] - centre_D[i % D]) ** 2;
  return Math.sqrt(sum / hidden_ND.length);
}
