import { describe, expect, it } from 'vitest';
import { geometricMedian } from './geometric-median.ts';

describe('geometricMedian', () => {
  it('is the point where 120° angles meet in a triangle', () => {
    // Corners (-1,0), (1,0), (0,3): by symmetry on the axis, sloped 30° from the base: (0, 1/√3).
    const [x, y] = geometricMedian([-1, 0, 1, 0, 0, 3], 2);
    expect(x).toBeCloseTo(0, 4);
    expect(y).toBeCloseTo(1 / Math.sqrt(3), 3);
  });

  it('stays in the crowd when one row is far away', () => {
    const rows = [0, 0, 1, 0, 0, 1, 1, 1, 1e4, 1e4];
    const [x, y] = geometricMedian(rows, 2);
    expect(x).toBeGreaterThan(0.4);
    expect(x).toBeLessThan(1.01);
    expect(y).toBeCloseTo(x, 6);
  });

  it('is the row itself when there is one, or when all are equal', () => {
    expect([...geometricMedian([3, 4], 2)]).toEqual([3, 4]);
    expect([...geometricMedian([3, 4, 3, 4, 3, 4], 2)]).toEqual([3, 4]);
  });
});
