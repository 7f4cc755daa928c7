// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { thinPoints } from './thin-points.ts';

const line = (count: number) => Array.from({ length: count }, (_, x) => ({ x, y: Math.sin(x / 50) }));

describe('thinPoints', () => {
  it('leaves a short series alone', () => {
    const points = line(10);
    expect(thinPoints(points, 10)).toBe(points);
  });

  it('keeps to its limit, in order, with both ends', () => {
    const thin = thinPoints(line(10_000), 240);
    expect(thin.length).toBeLessThanOrEqual(240);
    expect([thin[0].x, thin[thin.length - 1].x]).toEqual([0, 9_999]);
    expect(thin.every((point, at) => at === 0 || point.x > thin[at - 1].x)).toBe(true);
  });

  it('loses no spike', () => {
    const points = line(5_000);
    points[1234] = { x: 1234, y: 99 };
    points[4321] = { x: 4321, y: -99 };
    const values = thinPoints(points, 100).map((point) => point.y);
    expect([Math.max(...values), Math.min(...values)]).toEqual([99, -99]);
  });
});
