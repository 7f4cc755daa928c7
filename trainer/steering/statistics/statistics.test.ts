import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../compute/rng.ts';
import { benjaminiHochberg } from './benjamini-hochberg.ts';
import { bootstrapMean } from './bootstrap.ts';
import { fisherExact } from './fisher.ts';
import { quartilesOf } from './quartiles.ts';
import { poolShares, wilsonShare } from './wilson.ts';

/** Written by make-scipy-fixture.py. */
const SCIPY = JSON.parse(readFileSync(join(import.meta.dirname, 'scipy.json'), 'utf8')) as {
  fisher: { table: [number, number, number, number]; p: number }[];
  wilson: { successes: number; n: number; low: number; high: number }[];
  falseDiscovery: { p: number[]; q: number[] };
  quartiles: { values: number[]; at: number[] };
  bootstrap: { values: number[]; low: number; high: number };
};

describe("Wilson's interval", () => {
  it('is what SciPy gives', () => {
    for (const { successes, n, low, high } of SCIPY.wilson) {
      const share = wilsonShare(successes, n);
      expect(share.value).toBe(successes / n);
      expect(share.low).toBeCloseTo(low, 12);
      expect(share.high).toBeCloseTo(high, 12);
    }
  });

  it('takes shares together by their trials', () => {
    expect(poolShares([wilsonShare(1, 10), wilsonShare(8, 20)])).toEqual(wilsonShare(9, 30));
  });

  it('refuses more successes than trials, and no trials', () => {
    expect(() => wilsonShare(3, 2)).toThrow(/3 of 2/);
    expect(() => wilsonShare(0, 0)).toThrow(/n above 0/);
  });
});

describe("Fisher's exact test", () => {
  it('is 34/70 for the lady tasting tea with three of four cups right', () => {
    // Tables 0, 1, 3, 4 of 70: 1 + 16 + 16 + 1 = 34 are no likelier than the observed 16 of 70.
    expect(fisherExact(3, 1, 1, 3)).toBeCloseTo(34 / 70, 12);
  });

  it('is what SciPy gives', () => {
    for (const { table, p } of SCIPY.fisher) {
      expect(Math.abs(fisherExact(...table) - p) / p, String(table)).toBeLessThan(1e-9);
    }
  });

  it('does not change when groups or outcomes are exchanged', () => {
    for (const [a, b, c, d] of SCIPY.fisher.map(({ table }) => table)) {
      const p = fisherExact(a, b, c, d);
      expect(fisherExact(c, d, a, b)).toBeCloseTo(p, 12);
      expect(fisherExact(b, a, d, c)).toBeCloseTo(p, 12);
    }
  });

  it('refuses what is no count', () => {
    expect(() => fisherExact(1.5, 1, 1, 1)).toThrow(/four counts/);
  });
});

describe("Benjamini and Hochberg's q values", () => {
  it('are p n / rank, never falling with p', () => {
    expect(benjaminiHochberg([0.04, 0.01, 0.03])).toEqual(
      [0.04, 0.03, 0.04].map((q) => expect.closeTo(q, 12)),
    );
  });

  it('are what SciPy gives', () => {
    const { p, q } = SCIPY.falseDiscovery;
    expect(benjaminiHochberg(p)).toEqual(q.map((one) => expect.closeTo(one, 12)));
  });

  it('are none for no tests', () => {
    expect(benjaminiHochberg([])).toEqual([]);
  });
});

describe('quartiles', () => {
  it('are what numpy gives', () => {
    const { values, at } = SCIPY.quartiles;
    const { min, lower, median, upper, max } = quartilesOf(values);
    expect([min, lower, median, upper, max]).toEqual(at);
  });

  it('of one value are that value', () => {
    expect(quartilesOf([4])).toEqual({ min: 4, lower: 4, median: 4, upper: 4, max: 4, mean: 4, n: 1 });
  });
});

describe('the bootstrap of a mean', () => {
  it('has the interval that SciPy gives, but for its draws', () => {
    const { values, low, high } = SCIPY.bootstrap;
    const mean = bootstrapMean(
      values.map((value) => [value]),
      createRng(1),
      20_000,
    );
    expect(mean.value).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 12);
    expect(Math.abs(mean.low - low)).toBeLessThan(0.03 * (high - low));
    expect(Math.abs(mean.high - high)).toBeLessThan(0.03 * (high - low));
  });

  it('draws groups whole: copies of a value make it no surer', () => {
    const groups = [[1], [2], [4], [7]];
    const copied = groups.map(([value]) => Array.from({ length: 50 }, () => value));
    const [one, many] = [bootstrapMean(groups, createRng(2)), bootstrapMean(copied, createRng(2))];
    expect(many).toEqual({ ...one, n: 200 });
  });

  it('is the same for the same seed', () => {
    const groups = [[1, 2], [3], [5, 8]];
    expect(bootstrapMean(groups, createRng(3))).toEqual(bootstrapMean(groups, createRng(3)));
  });

  it('refuses to speak of nothing', () => {
    expect(() => bootstrapMean([[]], createRng(1))).toThrow(/at least one value/);
  });
});
