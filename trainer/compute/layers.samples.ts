/** For tests of layers: random arrays, and how far two lie apart. */
import { expect } from 'vitest';
import { createRng } from './rng.ts';

export function normals(shape: number[], seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
}

export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce<number>(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]) / (1 + Math.abs(b[i]))),
    0,
  );
}
