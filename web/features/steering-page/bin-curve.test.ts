// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { binCurve } from './bin-curve.ts';

const curve = (values: readonly number[]) => values.map((reward, at) => ({ step: at + 1, reward }));
const reward = (point: { step: number; reward: number }) => point.reward;

describe('binCurve', () => {
  it('is the mean of each stretch, and the spread of the seeds’ means', () => {
    const points = binCurve([curve([0, 2, 4, 6]), curve([2, 4, 4, 6])], reward, 2);
    expect(points.map(({ x, y }) => [x, y])).toEqual([
      [2, 2],
      [4, 5],
    ]);
    expect(points[0].sd).toBeCloseTo(Math.SQRT2, 12);
    expect(points[1].sd).toBe(0);
  });

  it('leaves a short series as it is, and says nothing of the spread of one seed', () => {
    expect(binCurve([curve([1, 2])], reward, 20)).toEqual([
      { x: 1, y: 1, sd: null },
      { x: 2, y: 2, sd: null },
    ]);
  });

  it('ends at the last step though the last stretch is short, and takes a seed as far as it went', () => {
    const points = binCurve([curve([1, 1, 1, 1, 1]), curve([3, 3])], reward, 3);
    expect(points.map(({ x, y }) => [x, y])).toEqual([
      [2, 2],
      [4, 1],
      [5, 1],
    ]);
  });

  it('is nothing of nothing', () => {
    expect(binCurve([], reward, 20)).toEqual([]);
    expect(binCurve([[]], reward, 20)).toEqual([]);
  });
});
