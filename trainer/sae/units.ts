/**
 * The units a fit works in. Hidden states are divided by `hiddenScale`, targets by `targetScale`, the root mean square of
 * a centred coordinate, so that learning rates mean the same for every model; weights leave in the hidden states' own.
 *   read = x / s - centre;  acts = relu(W read + c);  x̂ / t = acts D + b
 * so in the units of the hidden states acts are t times as large, the encoder is W t/s and its bias t (c - W centre).
 */
import type { DictionaryWeights, Selection } from './dictionary.ts';
import { geometricMedian } from './geometric-median.ts';
import type { Form } from './settings.ts';

export interface Units {
  readonly hiddenScale: number;
  readonly targetScale: number;
  /** Scaled; what is taken from x before the encoder where that is neither the decoder bias nor nothing. */
  readonly centre_D: Float32Array | null;
}

/** A sample to start from, N rows of D; targets are the hidden states themselves when absent. */
export interface Sample {
  readonly hidden_ND: Float32Array;
  readonly target_ND?: Float32Array;
}

export interface Found {
  readonly units: Units;
  /** Scaled. */
  readonly decoderBias_D: Float32Array;
}

/** The decoder bias starts at the geometric median of the targets, a constant centre at that of the hidden states. */
export function findUnits({ hidden_ND, target_ND = hidden_ND }: Sample, D: number, form: Form): Found {
  expectFinite(hidden_ND, D);
  if (target_ND !== hidden_ND) expectFinite(target_ND, D);
  const median_D = geometricMedian(hidden_ND, D);
  const hiddenScale = rootMeanSquare(hidden_ND, median_D) || 1; // a constant source has no scale of its own
  const start_D =
    form.decoderBias === 'none'
      ? new Float64Array(D)
      : target_ND === hidden_ND
        ? median_D
        : geometricMedian(target_ND, D);
  const isShared =
    form.centring === 'decoder-bias' || (target_ND === hidden_ND && form.decoderBias !== 'none');
  const targetScale = isShared ? hiddenScale : rootMeanSquare(target_ND, start_D) || 1;
  const centre_D =
    form.centring === 'constant' ? Float32Array.from(median_D, (value) => value / hiddenScale) : null;
  return {
    units: { hiddenScale, targetScale, centre_D },
    decoderBias_D: Float32Array.from(start_D, (value) => value / targetScale),
  };
}

/** The weights of a dictionary without its kind and sizes. */
export interface Rows {
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  readonly decoderBias_D: Float32Array;
  readonly threshold_F?: Float32Array;
}

export function leaveUnits(
  scaled: Rows,
  selection: Selection,
  units: Units,
): Rows & { selection: Selection } {
  const { hiddenScale, targetScale, centre_D } = units;
  const bias_F = centre_D
    ? fold(scaled.encoderBias_F, scaled.encoder_FD, centre_D, -1)
    : scaled.encoderBias_F;
  const times = (factor: number) => (value: number) => value * factor;
  return {
    encoder_FD: scale(scaled.encoder_FD, targetScale / hiddenScale),
    encoderBias_F: bias_F.map(times(targetScale)),
    decoder_FD: scaled.decoder_FD.slice(),
    decoderBias_D: scaled.decoderBias_D.map(times(targetScale)),
    selection:
      selection.by === 'threshold'
        ? { by: 'threshold', threshold_F: selection.threshold_F.map(times(targetScale)) }
        : selection,
  };
}

/** The other way; where dictionary and form differ in centring, the difference goes into the encoder bias, exactly. */
export function enterUnits(weights: DictionaryWeights, units: Units, form: Form): Rows {
  const { hiddenScale, targetScale, centre_D } = units;
  const { encoder_FD, decoderBias_D, selection } = weights;
  const isCentred = form.centring === 'decoder-bias';
  let bias_F = weights.encoderBias_F;
  if (weights.centred !== isCentred) bias_F = fold(bias_F, encoder_FD, decoderBias_D, isCentred ? 1 : -1);
  const divided = (values: Float32Array) => values.map((value) => value / targetScale);
  const scaled = scale(encoder_FD, hiddenScale / targetScale);
  bias_F = divided(bias_F);
  return {
    encoder_FD: scaled,
    encoderBias_F: centre_D ? fold(bias_F, scaled, centre_D, 1) : bias_F,
    decoder_FD: weights.decoder_FD.slice(),
    decoderBias_D: divided(decoderBias_D),
    ...(selection.by === 'threshold' && { threshold_F: divided(selection.threshold_F) }),
  };
}

function scale(values: Float32Array, factor: number): Float32Array {
  return factor === 1 ? values.slice() : values.map((value) => value * factor);
}

/** bias + sign · rows centre, in double precision. */
function fold(
  bias_F: Float32Array,
  rows_FD: Float32Array,
  centre_D: Float32Array,
  sign: number,
): Float32Array {
  const D = centre_D.length;
  return bias_F.map((bias, f) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += rows_FD[f * D + d] * centre_D[d];
    return bias + sign * sum;
  });
}

function expectFinite(hidden_ND: Float32Array, D: number): void {
  const notFinite = hidden_ND.findIndex((value) => !Number.isFinite(value));
  if (notFinite < 0) return;
  throw new Error(
    `hidden_ND of the first batches: expected finite values, got ${hidden_ND[notFinite]} in row ` +
      `${Math.floor(notFinite / D)}. Look at the model and the hookpoint.`,
  );
}

function rootMeanSquare(hidden_ND: Float32Array, centre_D: Float64Array): number {
  const D = centre_D.length;
  let sum = 0;
  for (let i = 0; i < hidden_ND.length; i++) sum += (hidden_ND[i] - centre_D[i % D]) ** 2;
  return Math.sqrt(sum / hidden_ND.length);
}
