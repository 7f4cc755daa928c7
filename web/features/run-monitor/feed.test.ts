// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { EMPTY_FEED, keepRecent, stepRate, takePoints, type MetricPoint, type Moment } from './feed.ts';

const point = (seq: number, name = 'loss', step = seq): MetricPoint => ({
  seq,
  name,
  step,
  value: seq / 10,
  at: `2026-01-01T00:00:${String(seq % 60).padStart(2, '0')}Z`,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => point(from + at));

describe('takePoints', () => {
  it('gathers points by name, in order', () => {
    const feed = takePoints(EMPTY_FEED, [point(1), point(2, 'ev', 1), point(3)]);
    expect(feed.series).toEqual({
      loss: [
        { x: 1, y: 0.1 },
        { x: 3, y: 0.3 },
      ],
      ev: [{ x: 1, y: 0.2 }],
    });
    expect([feed.lastSeq, feed.missing]).toEqual([3, 0]);
  });

  it('ends with the same feed however often it was cut off and what was sent again', () => {
    const whole = takePoints(EMPTY_FEED, range(1, 50));
    let torn = EMPTY_FEED;
    for (const [from, to] of [
      [1, 20],
      [15, 30],
      [31, 31],
      [2, 33],
      [34, 50],
    ])
      torn = takePoints(torn, range(from, to));
    expect(torn).toEqual(whole);
  });

  it('knows when something is missing', () => {
    expect(takePoints(takePoints(EMPTY_FEED, range(1, 5)), range(8, 9)).missing).toBe(2);
  });

  it('is the same object when nothing new came', () => {
    const feed = takePoints(EMPTY_FEED, range(1, 3));
    expect(takePoints(feed, range(1, 3))).toBe(feed);
    expect(takePoints(feed, [])).toBe(feed);
  });

  it('leaves the series that did not grow untouched, so that their pictures stay', () => {
    const feed = takePoints(EMPTY_FEED, [point(1, 'a'), point(2, 'b')]);
    const next = takePoints(feed, [point(3, 'a')]);
    expect(next.series.b).toBe(feed.series.b);
    expect(next.series.a).not.toBe(feed.series.a);
  });
});

describe('the rate', () => {
  const moment = (phase: string, step: number, atMs: number): Moment => ({ phase, step, atMs });
  const follow = (moments: readonly Moment[]) =>
    moments.reduce<Moment[]>((kept, next) => keepRecent(kept, next), []);

  it('is steps over seconds', () => {
    expect(stepRate(follow([moment('train', 0, 0), moment('train', 10, 2_000)]))).toBe(5);
  });

  it('is unknown before there are two moments, and while nothing moves', () => {
    expect(stepRate([])).toBeNull();
    expect(stepRate(follow([moment('train', 4, 0), moment('train', 4, 5_000)]))).toBeNull();
  });

  it('starts anew with every phase', () => {
    expect(
      follow([moment('train', 900, 0), moment('read-out', 1, 1_000), moment('read-out', 3, 2_000)]),
    ).toHaveLength(2);
  });

  it('follows a change of speed within half a minute', () => {
    const slow = Array.from({ length: 60 }, (_, second) => moment('train', second, second * 1_000));
    const fast = Array.from({ length: 40 }, (_, second) =>
      moment('train', 59 + 10 * (second + 1), (60 + second) * 1_000),
    );
    expect(stepRate(follow([...slow, ...fast]))).toBeCloseTo(10, 1);
  });
});
