/** The weights of a fit as variables and as arrays, and the gradients that belong to them: one list of names for all. */
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { Pass, Weights } from './pass.ts';
import { type FitSettings, formOf } from './settings.ts';

const PARAMETERS = ['encoder_FD', 'encoderBias_F', 'decoder_FD', 'decoderBias_D', 'threshold_F'] as const;
export type ParameterName = (typeof PARAMETERS)[number];

/** threshold_F only where the kind trains one. */
export type Arrays = Readonly<
  Record<Exclude<ParameterName, 'threshold_F'>, Float32Array> & { threshold_F?: Float32Array }
>;
export type Variables = Readonly<Record<string, Variable>>;

export function toVariables(arrays: Arrays, { hiddenWidth: D }: FitSettings): Variables {
  return Object.fromEntries(
    namesIn(arrays).map((name) => {
      const values = arrays[name] as Float32Array;
      const shape = name.endsWith('_FD') ? [values.length / D, D] : [values.length];
      // A copy: native kernels update in place, and the caller's array is not ours to change.
      const tensor = tf.tensor(values.slice(), shape);
      const variable = tf.variable(tensor, false);
      tensor.dispose();
      return [name, variable] as const;
    }),
  );
}

export function toArrays(variables: Readonly<Record<string, Tensor>>): Arrays {
  const entries = namesIn(variables).map((name) => [name, variables[name].dataSync()] as const);
  return Object.fromEntries(entries) as unknown as Arrays;
}

export function zerosLike(arrays: Arrays): Arrays {
  const entries = namesIn(arrays).map((name) => {
    return [name, new Float32Array((arrays[name] as Float32Array).length)] as const;
  });
  return Object.fromEntries(entries) as unknown as Arrays;
}

/** The first features' rows, and the rest with the decoder bias. */
export function splitRows(arrays: Arrays, features: number, D: number): { first: Arrays; rest: Arrays } {
  const first: Record<string, Float32Array> = {};
  const rest: Record<string, Float32Array> = { decoderBias_D: arrays.decoderBias_D };
  for (const name of namesIn(arrays)) {
    if (name === 'decoderBias_D') continue;
    const values = arrays[name] as Float32Array;
    const at = features * (name.endsWith('_FD') ? D : 1);
    [first[name], rest[name]] = [values.slice(0, at), values.slice(at)];
  }
  return { first: first as unknown as Arrays, rest: rest as unknown as Arrays };
}

export function joinRows(first: Arrays, rest: Arrays): Arrays {
  const entries = namesIn(rest).map((name) => {
    const [left, right] = [first[name] ?? new Float32Array(0), rest[name] as Float32Array];
    const joined = new Float32Array(left.length + right.length);
    joined.set(left);
    joined.set(right, left.length);
    return [name, joined] as const;
  });
  return Object.fromEntries(entries) as unknown as Arrays;
}

/** Frozen rows before trained ones, as the pass wants them; the variables themselves where nothing is frozen. */
export function joinFrozen(frozen: Readonly<Record<string, Tensor>> | null, trained: Variables): Weights {
  if (!frozen) return trained as unknown as Weights;
  const entries = namesIn(trained).map((name) => {
    return [
      name,
      name === 'decoderBias_D' ? trained[name] : tf.concat([frozen[name], trained[name]]),
    ] as const;
  });
  return Object.fromEntries(entries) as unknown as Weights;
}

/** The gradients of what is trained, by name. */
export function trainedGradients(
  { read_D, decoderBias_D, ...rows }: Pass['gradients'],
  settings: FitSettings,
): Record<string, Tensor> {
  const { centring, decoderBias } = formOf(settings);
  const { frozenFeatures = 0, decoderRows } = settings;
  const gradients: Record<string, Tensor> = {};
  for (const [name, gradient] of Object.entries(rows) as [string, Tensor | undefined][]) {
    if (!gradient || (name === 'decoder_FD' && decoderRows === 'frozen')) continue;
    gradients[name] = frozenFeatures > 0 ? dropFirst(gradient, frozenFeatures) : gradient;
  }
  if (decoderBias !== 'trained') return gradients;
  // A centring bias is added to every reconstruction and taken from every input.
  gradients.decoderBias_D =
    centring === 'decoder-bias' ? tf.sub(decoderBias_D, read_D as Tensor1D) : decoderBias_D;
  return gradients;
}

function dropFirst(gradient: Tensor, rows: number): Tensor {
  const begin = gradient.shape.map((_, axis) => (axis === 0 ? rows : 0));
  return tf.slice(gradient, begin);
}

function namesIn(record: object): ParameterName[] {
  return PARAMETERS.filter((name) => name in record);
}
