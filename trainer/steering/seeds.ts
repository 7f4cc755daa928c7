/** Seeds of the parts of a run, each by itself a function of the run's seed: nothing random is carried from step to step. */
import { createRng, shuffle } from '../compute/rng.ts';

/** The same for the same numbers in the same order. */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce(
    (seed, part) => createRng((seed ^ Math.imul(part + 1, 0x9e3779b9)) >>> 0).int(2 ** 32),
    0,
  );
}

/** 0 to count - 1 in an order of its own for every seed. */
export function shuffled(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  shuffle(order, createRng(seed));
  return order;
}
