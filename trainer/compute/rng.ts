/**
 * Seeded random numbers whose whole state is four 32-bit words, so that a checkpoint can hold it: xoshiro128**
 * (Blackman & Vigna 2018), seeded by splitmix32. Same seed, same numbers, on every machine.
 */

/** The generator between two draws; plain numbers, so it survives JSON. */
export type RngState = readonly [number, number, number, number];

export interface Rng {
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** Uniform integer in 0..n-1, without modulo bias; n at most 2^32. */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  state(): RngState;
}

export function createRng(seed: number): Rng {
  let word = seed >>> 0;
  const splitmix = () => {
    word = (word + 0x9e3779b9) >>> 0;
    let z = word;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return restoreRng([splitmix(), splitmix(), splitmix(), splitmix()]);
}

export function restoreRng(state: RngState): Rng {
  if (state.length !== 4 || state.every((word) => word === 0)) {
    throw new Error(
      `rng state: expected four words that are not all 0, got [${state.join(', ')}]. Pass what state() gave.`,
    );
  }
  let [a, b, c, d] = state.map((word) => word >>> 0);

  const bits = (): number => {
    const out = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return out;
  };

  const int = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`rng.int: expected an integer in 1..2^32, got ${n}.`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n); // draws above it would favour small results
    let draw = bits();
    while (draw >= limit) draw = bits();
    return draw % n;
  };

  // Box–Muller without the spare value: the state stays four words.
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log((bits() + 1) / 2 ** 32));
    return radius * Math.cos((2 * Math.PI * bits()) / 2 ** 32);
  };

  return {
    next: () => bits() / 2 ** 32,
    int,
    normal,
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}

/** In place; one draw for each value but the first (Fisher-Yates). */
export function shuffle(values: number[] | Uint32Array, rng: Pick<Rng, 'int'>): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
