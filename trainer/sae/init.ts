/**
 * Where a dictionary starts (sae-peers' common recipe): decoder rows random and of unit norm, the encoder their transpose
 * at the length that rebuilds best (encoder-scale.ts), encoder bias 0, decoder bias the geometric median of a sample.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { type Rng, createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { bestEncoderScale, SAMPLE_ROWS } from './encoder-scale.ts';
import { KINDS } from './kinds.ts';
import type { Arrays } from './parameters.ts';
import { budgetsOf, type FitSettings, formOf } from './settings.ts';
import { findUnits, type Sample, type Units } from './units.ts';

export interface InitialWeights {
  readonly units: Units;
  /** Scaled. */
  readonly weights: Arrays;
}

export function initWeights(kernels: Kernels, settings: FitSettings, sample: Sample): InitialWeights {
  const { width, hiddenWidth: D } = settings;
  const { units, decoderBias_D } = findUnits(sample, D, formOf(settings));
  const decoder_FD = randomRows(width, D, createRng(settings.seed));
  const rows = readSample(settings, sample, units, decoderBias_D);
  try {
    const scale = bestEncoderScale(
      kernels,
      { encoder_FD: decoder_FD, decoder_FD, ...rows },
      { k: settings.k, budgets: budgetsOf(settings) },
    );
    const encoder_FD = decoder_FD.map((value) => value * scale);
    const weights = { encoder_FD, encoderBias_F: new Float32Array(width), decoder_FD, decoderBias_D };
    if (!KINDS[settings.kind].trainsThreshold) return { units, weights };
    const threshold_F = firstThreshold(kernels, settings, sample, units, weights);
    return { units, weights: { ...weights, threshold_F } };
  } finally {
    tf.dispose({ ...rows });
  }
}

/** Of unit norm, in random directions. */
export function randomRows(width: number, D: number, rng: Rng): Float32Array {
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

/** The first rows of the sample as the encoder reads them and as the decoder is to give them, without its bias. */
function readSample(
  settings: FitSettings,
  { hidden_ND, target_ND }: Sample,
  { hiddenScale, targetScale, centre_D }: Units,
  decoderBias_D: Float32Array,
): { read_BD: Tensor2D; target_BD: Tensor2D } {
  const D = settings.hiddenWidth;
  const rows = Math.min(SAMPLE_ROWS, hidden_ND.length / D);
  const take = (values: Float32Array, scale: number, centre: Float32Array | null): Tensor2D =>
    tf.tidy(() => {
      const scaled_BD = tf.div(tf.tensor2d(values.slice(0, rows * D), [rows, D]), scale);
      return (centre ? tf.sub(scaled_BD, tf.tensor1d(centre)) : scaled_BD) as Tensor2D;
    });
  const isCentred = formOf(settings).centring === 'decoder-bias';
  return {
    read_BD: take(hidden_ND, hiddenScale, isCentred ? decoderBias_D : centre_D),
    target_BD: take(target_ND ?? hidden_ND, targetScale, decoderBias_D),
  };
}

/** JumpReLU starts where the sample keeps k acts a row, not dense: the published 0.001 lets half of all features fire. */
export function firstThreshold(
  kernels: Kernels,
  settings: FitSettings,
  sample: Sample,
  units: Units,
  { encoder_FD, encoderBias_F, decoderBias_D }: Arrays,
): Float32Array {
  const { width, hiddenWidth, k } = settings;
  const { read_BD, target_BD } = readSample(settings, sample, units, decoderBias_D);
  const acts = tf.tidy(() => {
    const input = {
      hidden_BD: read_BD,
      encoder_FD: tf.tensor2d(encoder_FD.slice(), [width, hiddenWidth]),
      encoderBias_F: tf.tensor1d(encoderBias_F.slice()),
      k: Math.min(width, 4 * k),
    };
    return kernels.encodeTopK(input).acts_BK;
  });
  const sorted = acts.dataSync().slice().sort();
  const rows = read_BD.shape[0];
  tf.dispose([acts, read_BD, target_BD]);
  return new Float32Array(width).fill(sorted[Math.max(0, sorted.length - rows * k)]);
}
