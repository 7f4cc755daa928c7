import { describe, expect, it } from 'vitest';
import { fitLine, spreadOf } from './statistics.ts';

describe('spreadOf', () => {
  it('takes the middle of an odd number and halves between the middle two of an even one', () => {
    expect(spreadOf([5, 1, 3]).median).toBe(3);
    expect(spreadOf([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('gives quartiles by hand: 1..5 has 2 and 4', () => {
    expect(spreadOf([3, 5, 1, 4, 2])).toEqual({ median: 3, lowerQuartile: 2, upperQuartile: 4 });
  });

  it('is not moved by one outlier', () => {
    expect(spreadOf([10, 11, 12, 13, 9999]).median).toBe(12);
  });

  it('leaves the samples in their order and refuses none', () => {
    const samples = [2, 1];
    spreadOf(samples);
    expect(samples).toEqual([2, 1]);
    expect(() => spreadOf([])).toThrow(/at least one sample/);
  });
});

describe('fitLine', () => {
  it('finds a line that is there, with no deviation', () => {
    const line = fitLine([1, 2, 4, 8], [5, 7, 11, 19]);
    expect(line.intercept).toBeCloseTo(3, 9);
    expect(line.slope).toBeCloseTo(2, 9);
    expect(line.deviation).toBeCloseTo(0, 9);
  });

  it('sees a curve', () => {
    const xs = [1, 2, 4, 8, 16, 32];
    expect(
      fitLine(
        xs,
        xs.map((x) => x * x),
      ).deviation,
    ).toBeGreaterThan(0.3);
  });

  it('refuses a single point', () => {
    expect(() => fitLine([1], [1])).toThrow(/two or more points/);
  });
});
