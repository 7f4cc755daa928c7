import { describe, expect, it } from 'vitest';
import { createRng } from '../../compute/rng.ts';
import { decompose, explainedByChance } from './decomposition.ts';

const rowsOf = (rows: readonly (readonly number[])[], count = rows.length) => ({
  ...{ decoder_FD: Float32Array.from(rows.flat()), D: rows[0].length, count },
});

describe('a vector in the rows of a decoder', () => {
  it('is explained row by row, worked by hand', () => {
    // |v|² = 25: the first axis holds 16, the slanted row the rest of its plane, a row at a right angle nothing.
    const rows = rowsOf([[0, 0, 7], [1, 1, 0], [2, 0, 0]]); // prettier-ignore
    const parts = decompose(Float32Array.of(4, 3, 0), rows);
    expect(parts.map(({ feature }) => feature)).toEqual([1, 2, 0]);
    expect(parts.map(({ cosine }) => cosine)).toEqual([7 / Math.sqrt(50), 0.8, 0].map((one) => expect.closeTo(one, 6))); // prettier-ignore
    expect(parts.map(({ explained }) => explained)).toEqual([49 / 50, 1, 1].map((one) => expect.closeTo(one, 6))); // prettier-ignore
  });

  it('is explained no better by a row that comes again or by one of zeros', () => {
    const parts = decompose(Float32Array.of(1, 1, 0), rowsOf([[1, 0, 0], [-2, 0, 0], [0, 0, 0]])); // prettier-ignore
    expect(parts.map(({ explained }) => explained)).toEqual([0.5, 0.5, 0.5].map((one) => expect.closeTo(one, 6))); // prettier-ignore
  });

  it('of zeros is explained by nothing', () => {
    expect(decompose(new Float32Array(2), rowsOf([[1, 0]]))[0]).toMatchObject({ explained: 0 });
  });

  it('never loses what rows before explained, and all rows of a basis explain everything', () => {
    const rng = createRng(3);
    const rows = rowsOf(Array.from({ length: 12 }, () => Array.from({ length: 8 }, () => rng.normal())));
    const vector_D = Float32Array.from({ length: 8 }, () => rng.normal());
    const shares = decompose(vector_D, rows).map(({ explained }) => explained);
    shares.forEach((share, i) => expect(share).toBeGreaterThanOrEqual(shares[i - 1] ?? 0));
    expect(shares.at(-1)).toBeCloseTo(1, 9);
  });
});

describe('what chance explains', () => {
  it('of a direction in D dimensions is a D-th for one row that nobody chose', () => {
    const D = 16;
    const row = Array.from({ length: D }, (_, d) => Number(d === 5));
    expect(explainedByChance(rowsOf([row]), createRng(1))).toBeCloseTo(1 / D, 1);
  });

  it('is more where rows are chosen among many', () => {
    const rng = createRng(2);
    const many = Array.from({ length: 200 }, () => Array.from({ length: 16 }, () => rng.normal()));
    const chosen = explainedByChance(rowsOf(many, 1), createRng(1));
    expect(chosen).toBeGreaterThan(0.25);
    expect(chosen).toBeLessThan(0.7);
  });
});
