/** The variables of an adapter: made from arrays, read out, put back. */
import type { Variable } from '@tensorflow/tfjs';
import { tf } from '../../compute/tf.ts';
import type { Rng } from '../../compute/rng.ts';
import { sizeOf } from '../../lm/parameters.ts';
import type { NamedArray } from '../../lm/safetensors.ts';
import type { AdapterValues } from '../adapter.ts';

export type Variables = Readonly<Record<string, Variable>>;

export function createVariables(values: AdapterValues): Variables {
  const entries = Object.entries(values).map(([name, { shape, values }]) => {
    return [name, tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape])))] as const;
  });
  return Object.fromEntries(entries);
}

export async function saveVariables(variables: Variables): Promise<Record<string, NamedArray>> {
  const entries = Object.entries(variables).map(async ([name, one]) => {
    return [name, { shape: one.shape, values: Float32Array.from(await one.data()) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export function restoreVariables(variables: Variables, values: AdapterValues): void {
  for (const [name, variable] of Object.entries(variables)) {
    const given = values[name];
    if (!given || String(given.shape) !== String(variable.shape)) {
      throw new Error(
        `adapter: expected "${name}" of shape [${variable.shape.join(', ')}], got ` +
          `${given ? `[${given.shape.join(', ')}]` : 'none'}. Give values of the same adapter of the same model.`,
      );
    }
    tf.tidy(() => variable.assign(tf.tensor(given.values, variable.shape)));
  }
}

export function zeros(shape: readonly number[]): NamedArray {
  return { shape, values: new Float32Array(sizeOf(shape)) };
}

/** Kaiming-uniform as LoRA and the paper draw it (a = sqrt 5): even between -1 and 1 over the root of the inputs. */
export function drawUniform(shape: readonly number[], inputs: number, rng: Pick<Rng, 'next'>): NamedArray {
  const bound = 1 / Math.sqrt(inputs);
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * rng.next() - 1)) };
}

export function normOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
