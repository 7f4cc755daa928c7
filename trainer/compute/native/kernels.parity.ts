/** For tests: an operation on tfjs' JavaScript backend and on ours, and their results held against each other. */
import type { Rank, Tensor } from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { createRng } from '../rng.ts';
import { tf } from '../tf.ts';
import { loadAddon } from './addon.ts';

export function normal(shape: number[], seed: number): Tensor {
  const rng = createRng(seed);
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.normal()),
    shape,
  );
}

/** The same operation on tfjs' JavaScript backend and on ours. */
async function onBoth(operation: () => Tensor): Promise<[cpu: Tensor<Rank>['shape'], number[], number[]]> {
  await tf.setBackend('cpu');
  const expected = tf.tidy(operation);
  const values = [...expected.dataSync()];
  await tf.setBackend('native');
  const got = tf.tidy(operation);
  expect(got.shape).toEqual(expected.shape);
  const result = [...got.dataSync()];
  tf.dispose([expected, got]);
  return [got.shape, values, result];
}

export async function expectSame(operation: () => Tensor, tolerance = 1e-5): Promise<void> {
  const [, expected, got] = await onBoth(operation);
  expected.forEach((value, i) => {
    if (Number.isFinite(value))
      expect(Math.abs(got[i] - value)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)));
    else expect(got[i]).toBe(value);
  });
}

/** On every instruction set of this build that the processor runs. */
export async function onEachInstructionSet(check: () => Promise<void>): Promise<void> {
  const addon = loadAddon();
  const best = addon.instructionSet();
  for (const name of ['portable', 'avx2', 'avx512', 'amx', 'neon']) {
    if (addon.useInstructionSet(name)) await check();
  }
  addon.useInstructionSet(best);
}
