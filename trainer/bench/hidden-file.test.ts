import { describe, expect, it } from 'vitest';
import { createRng } from '../compute/rng.ts';
import { drawHidden } from './hidden-file.ts';

const [N, D] = [400, 32];
const column = (hidden: Float32Array, d: number) => Array.from({ length: N }, (_, n) => hidden[n * D + d]);
const meanSquare = (values: number[]) => values.reduce((sum, value) => sum + value ** 2, 0) / values.length;

describe('drawHidden', () => {
  it('draws the same rows from the same seed', () => {
    for (const kind of ['normal', 'uneven'] as const) {
      expect(drawHidden(kind, 3, 4, createRng(5))).toEqual(drawHidden(kind, 3, 4, createRng(5)));
    }
  });

  it('draws normal rows with every coordinate of size 1', () => {
    const hidden = drawHidden('normal', N, D, createRng(1));
    for (const d of [0, 1, 2, D - 1]) expect(Math.abs(meanSquare(column(hidden, d)) - 1)).toBeLessThan(0.3);
  });

  it('draws uneven rows with two huge coordinates and a falling rest', () => {
    const hidden = drawHidden('uneven', N, D, createRng(1));
    expect(Math.min(...column(hidden, 0), ...column(hidden, 1))).toBeGreaterThan(5);
    expect(meanSquare(column(hidden, 2)) / meanSquare(column(hidden, D - 1))).toBeGreaterThan(4);
  });
});
