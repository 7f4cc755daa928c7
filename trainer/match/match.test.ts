import { describe, expect, it } from 'vitest';

import { createRng } from '../compute/rng.ts';
import { createActCollector } from '../interp/act-table.ts';
import { correlateActs } from './act-correlation.ts';
import { assign, type SparseGraph } from './assignment.ts';
import { boundGap, joinCandidates, type Pair } from './candidates.ts';

/** NaN: no edge. */
function graphOf(weights: readonly (readonly number[])[], columns = weights[0].length): SparseGraph {
  const starts_R = new Uint32Array(weights.length + 1);
  const columns_E: number[] = [];
  const weights_E: number[] = [];
  weights.forEach((row, r) => {
    row.forEach((weight, c) => {
      if (Number.isNaN(weight)) return;
      columns_E.push(c);
      weights_E.push(weight);
    });
    starts_R[r + 1] = columns_E.length;
  });
  return {
    ...{ rows: weights.length, columns, starts_R },
    ...{ columns_E: Uint32Array.from(columns_E), weights_E: Float64Array.from(weights_E) },
  };
}

/** The best total by trying everything. */
function tryAll(
  weights: readonly (readonly number[])[],
  row = 0,
  taken: ReadonlySet<number> = new Set(),
): number {
  if (row === weights.length) return 0;
  let best = tryAll(weights, row + 1, taken);
  weights[row].forEach((weight, c) => {
    if (Number.isNaN(weight) || taken.has(c)) return;
    best = Math.max(best, weight + tryAll(weights, row + 1, new Set([...taken, c])));
  });
  return best;
}

function randomWeights(seed: number): number[][] {
  const rng = createRng(seed);
  const [rows, columns] = [1 + rng.int(6), 1 + rng.int(6)];
  // Few different values: ties are where an implementation goes wrong.
  const weight = () => (rng.int(4) === 0 ? NaN : rng.int(9) / 4 - 0.5);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, weight));
}

describe('the assignment of greatest total weight', () => {
  it('gives up the best pair where two good ones bring more', () => {
    const { column_R, total } = assign(
      graphOf([
        [0.9, 0.8],
        [0.85, 0.1],
      ]),
    );
    expect([...column_R]).toEqual([1, 0]);
    expect(total).toBeCloseTo(1.65, 12);
  });

  it('leaves alone what could only lose', () => {
    expect([...assign(graphOf([[-0.2], [0.3]])).column_R]).toEqual([-1, 0]);
    expect([...assign(graphOf([[NaN], [NaN]], 1)).column_R]).toEqual([-1, -1]);
  });

  it('is as good as trying everything, on three hundred small graphs, and gives no column twice', () => {
    for (let seed = 0; seed < 300; seed++) {
      const weights = randomWeights(seed);
      const { column_R, total } = assign(graphOf(weights));
      expect(total, `seed ${seed}`).toBeCloseTo(tryAll(weights), 9);
      const given = [...column_R].filter((column) => column >= 0);
      expect(new Set(given).size).toBe(given.length);
      const sum = [...column_R].reduce((all, column, r) => all + (column < 0 ? 0 : weights[r][column]), 0);
      expect(sum).toBeCloseTo(total, 9);
    }
  });

  it('finds a shuffle of two thousand rows again', () => {
    const rng = createRng(5);
    const n = 2000;
    const partner = Array.from({ length: n }, (_, i) => (i * 7 + 3) % n);
    const weights: Pair[] = partner.flatMap((other, feature) => [
      { feature, rank: 0, other, value: 0.9 },
      ...Array.from({ length: 8 }, () => ({ feature, rank: 1, other: rng.int(n), value: 0.5 * rng.next() })),
    ]);
    const unique = weights.filter(({ feature, other, value }) => value === 0.9 || other !== partner[feature]);
    const graph = joinCandidates({ rows: n, columns: n }, unique, []);
    expect([...assign(graph).column_R]).toEqual(partner);
  });
});

describe('candidates', () => {
  it('holds each pair once, from whichever side it was found', () => {
    const forward = [{ feature: 0, rank: 0, other: 2, value: 0.5 }];
    const backward = [
      { feature: 2, rank: 0, other: 0, value: 0.5 },
      { feature: 1, rank: 0, other: 1, value: 0.25 },
    ];
    const graph = joinCandidates({ rows: 2, columns: 3 }, forward, backward);
    expect([...graph.starts_R]).toEqual([0, 1, 2]);
    expect([...graph.columns_E]).toEqual([2, 1]);
    expect([...graph.weights_E]).toEqual([0.5, 0.25]);
  });

  it('bounds what was left out: the true optimum is never beyond it', () => {
    for (let seed = 0; seed < 200; seed++) {
      const weights = randomWeights(seed).map((row) =>
        row.map((weight) => (Number.isNaN(weight) ? 0 : weight)),
      );
      const kept = 1 + (seed % 3);
      const forward = weights.flatMap((row, feature) =>
        row
          .map((value, other) => ({ feature, rank: 0, other, value }))
          .sort((a, b) => b.value - a.value)
          .slice(0, kept),
      );
      const size = { rows: weights.length, columns: weights[0].length };
      const found = assign(joinCandidates(size, forward, []));
      const optimum = tryAll(weights);
      expect(optimum - found.total, `seed ${seed}`).toBeLessThanOrEqual(boundGap(found, forward) + 1e-9);
    }
  });
});

/** Rows of tokens x features, dense. */
function tableOf(acts: readonly (readonly number[])[]) {
  const [N, F] = [acts.length, acts[0].length];
  const collector = createActCollector({ width: F, k: F, tokenCount: N });
  acts.forEach((row, token) => {
    const order = row.map((_, f) => f).sort((a, b) => row[b] - row[a]);
    collector.add(
      Float32Array.from(order, (f) => row[f]),
      Int32Array.from(order),
      Int32Array.of(token),
    );
  });
  return collector.close();
}

function pearson(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const [sxy, sxx, syy] = xs.reduce(
    ([xy, xx, yy], x, i) => [xy + (x - mx) * (ys[i] - my), xx + (x - mx) ** 2, yy + (ys[i] - my) ** 2],
    [0, 0, 0],
  );
  return sxy / Math.sqrt(sxx * syy);
}

describe('correlation of acts', () => {
  it('is that of the dense columns, for every pair that acts together', () => {
    const rng = createRng(3);
    const acts = () => (rng.int(3) === 0 ? Math.fround(rng.next() * 4) : 0);
    const rowsOf = (width: number) => Array.from({ length: 40 }, () => Array.from({ length: width }, acts));
    const [a, b] = [rowsOf(5), rowsOf(7)];
    const steps = correlateActs({ a: tableOf(a), b: tableOf(b), tokenCount: 40, tokenEnd: 40, count: 7 });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const pairs = step.value;
    expect(pairs.length).toBeGreaterThan(25);
    for (const { feature, other, value } of pairs) {
      const dense = pearson(
        a.map((row) => row[feature]),
        b.map((row) => row[other]),
      );
      expect(value).toBeCloseTo(dense, 9);
    }
    const first = pairs.filter(({ feature }) => feature === 0);
    expect(first.map(({ rank }) => rank)).toEqual(first.map((_, i) => i));
    expect(first.map(({ value }) => value)).toEqual(
      [...first.map(({ value }) => value)].sort((x, y) => y - x),
    );
  });
});
