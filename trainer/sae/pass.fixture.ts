/** A small batch and small random weights, as tensors and in double precision, for the tests of the kinds' passes. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { createReferenceKernels } from '../compute/reference/dictionary.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import type { PassInput } from './pass.ts';
import type { FitSettings } from './settings.ts';

export const SIZES = { B: 5, D: 4, F: 7, K: 3 };

export interface Doubles {
  readonly encoder_FD: Float64Array;
  readonly encoderBias_F: Float64Array;
  readonly decoder_FD: Float64Array;
  readonly decoderBias_D: Float64Array;
  readonly threshold_F: Float64Array;
}

export function settingsOf(changes: Partial<FitSettings>): FitSettings {
  return {
    kind: 'topk',
    width: SIZES.F,
    hiddenWidth: SIZES.D,
    k: SIZES.K,
    seed: 1,
    stepTotal: 10,
    schedule: linearSchedule({ peak: 1e-3, warmupSteps: 1, stepTotal: 10 }),
    ...ADAM_DEFAULTS,
    gradientNormLimit: 1,
    auxCoefficient: 0,
    deadAfterTokens: 100,
    initTokens: 10,
    ...changes,
  };
}

export function randomDoubles(seed: number): { doubles: Doubles; read: Float64Array; target: Float64Array } {
  const rng = createRng(seed);
  const normals = (size: number) => Float64Array.from({ length: size }, () => Math.fround(rng.normal()));
  const { B, D, F } = SIZES;
  const doubles = {
    encoder_FD: normals(F * D),
    encoderBias_F: normals(F),
    decoder_FD: normals(F * D),
    decoderBias_D: normals(D),
    threshold_F: normals(F).map((value) => Math.fround(0.3 * Math.abs(value))),
  };
  return { doubles, read: normals(B * D), target: normals(B * D) };
}

export function toPassInput(
  settings: FitSettings,
  { doubles, read, target }: ReturnType<typeof randomDoubles>,
  more: Partial<PassInput> = {},
): PassInput {
  const { B, D, F } = SIZES;
  const matrix = (values: Float64Array, rows: number) =>
    tf.tensor2d(Float32Array.from(values), [rows, D]) as Tensor2D;
  const vector = (values: Float64Array) => tf.tensor1d(Float32Array.from(values)) as Tensor1D;
  return {
    kernels: createReferenceKernels(),
    settings,
    step: 1,
    weights: {
      encoder_FD: matrix(doubles.encoder_FD, F),
      encoderBias_F: vector(doubles.encoderBias_F),
      decoder_FD: matrix(doubles.decoder_FD, F),
      decoderBias_D: vector(doubles.decoderBias_D),
      threshold_F: vector(doubles.threshold_F),
    },
    read_BD: matrix(read, B),
    target_BD: matrix(target, B),
    extra: () => null,
    ...more,
  };
}
