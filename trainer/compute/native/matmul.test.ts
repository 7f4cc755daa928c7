import { existsSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../rng.ts';
import { loadAddon, type Addon } from './addon.ts';
import { addonPath } from './build.mjs';

const FIRST = Int32Array.of(0);

function normals(count: number, seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: count }, () => rng.normal());
}

/** The definition, in float64. */
function product(
  a: Float32Array,
  b: Float32Array,
  M: number,
  N: number,
  K: number,
  ta: boolean,
  tb: boolean,
) {
  return Float64Array.from({ length: M * N }, (_, at) => {
    const [i, j] = [Math.floor(at / N), at % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a[ta ? k * M + i : i * K + k] * b[tb ? j * K + k : k * N + j];
    return sum;
  });
}

/** Those of this build that the processor runs. */
function instructionSets(): string[] {
  if (!existsSync(addonPath())) return [];
  const addon = loadAddon();
  const best = addon.instructionSet();
  const found = ['portable', 'avx2', 'avx512', 'neon'].filter((name) => addon.useInstructionSet(name));
  addon.useInstructionSet(best);
  return found;
}

/** Around the sides of micro-kernels (4, 8, 12; 8, 12, 24, 32), of blocks (192), of the depth (384) and of panels (2016). */
const SHAPES: [number, number, number][] = [
  [1, 1, 1],
  [3, 5, 7],
  [13, 33, 17],
  [12, 32, 384],
  [97, 65, 385],
  [193, 31, 769],
  [5, 2017, 9],
  [1, 300, 2],
  [8, 38, 403],
  [7, 5, 64],
  [300, 1, 3],
];

describe.skipIf(!existsSync(addonPath()))('the native matrix product', () => {
  let addon: Addon;
  let best: string;
  beforeAll(() => {
    addon = loadAddon();
    best = addon.instructionSet();
  });
  afterEach(() => {
    addon.useInstructionSet(best);
    addon.threads(0);
  });

  for (const isa of instructionSets()) {
    it(`equals the definition for awkward shapes and every transpose on ${isa}`, () => {
      addon.useInstructionSet(isa);
      for (const [M, N, K] of SHAPES) {
        for (const [ta, tb] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ]) {
          const [a, b, c] = [normals(M * K, 1), normals(K * N, 2), new Float32Array(M * N).fill(NaN)];
          addon.matmul(a, b, c, M, N, K, ta, tb, FIRST, FIRST);
          const expected = product(a, b, M, N, K, ta, tb);
          const worst = c.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
          // float32 rounding of K additions of products of about 1
          expect(worst, `${M} x ${K} x ${N}, ${ta} ${tb}`).toBeLessThan(1e-6 * K + 1e-6);
        }
      }
    });
  }

  it('gives the same bits for one, two and three threads', () => {
    const [M, N, K] = [250, 500, 800];
    const [a, b] = [normals(M * K, 3), normals(K * N, 4)];
    const results = [1, 2, 3, 3].map((threads) => {
      addon.threads(threads);
      const c = new Float32Array(M * N);
      addon.matmul(a, b, c, M, N, K, false, true, FIRST, FIRST);
      return Buffer.from(c.buffer);
    });
    for (const other of results.slice(1)) expect(other.equals(results[0])).toBe(true);
  });

  it('gives zeros for an empty inner dimension', () => {
    const c = new Float32Array(6).fill(7);
    addon.matmul(new Float32Array(0), new Float32Array(0), c, 2, 3, 0, false, false, FIRST, FIRST);
    expect([...c]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses arrays of another length than the sides say, naming both', () => {
    const call = () =>
      addon.matmul(
        new Float32Array(5),
        new Float32Array(6),
        new Float32Array(4),
        2,
        2,
        3,
        false,
        false,
        FIRST,
        FIRST,
      );
    expect(call).toThrow('matmul: expected a of 6 elements, got 5');
  });
});
