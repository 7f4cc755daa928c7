// @vitest-environment node
import { describe, expect, it } from 'vitest';
import {
  gainOf,
  gainWords,
  intervalText,
  overSeeds,
  percent,
  points,
  pooledOf,
  recoveredOf,
  sideOf,
  type Share,
} from './shares.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');
const share = (value: number, low = value, high = value, n = 100): Share => ({ value, low, high, n });

describe('writing shares', () => {
  it('keeps one digit, the sign where it matters, and none of what rounds to nothing', () => {
    expect(plain(percent(0.4567))).toBe('45.7 %');
    expect(plain(intervalText(share(0.4567, 0.43, 0.48)))).toBe('45.7 % [43.0, 48.0]');
    expect([points(0.123), points(-0.123), points(-0.0002), points(0)]).toEqual([
      '+12.3',
      '−12.3',
      '0.0',
      '0.0',
    ]);
    expect(plain(percent(-0.0002))).toBe('0.0 %');
  });
});

describe('pooledOf', () => {
  it('is Wilson’s interval of all answers together, worked by hand for 50 of 100', () => {
    // centre 0.5; half = 1.96 / (1 + 0.038416) · √(0.0025 + 0.00009604)
    const pooled = pooledOf([share(0.4, 0, 1, 50), null, share(0.6, 0, 1, 50)])!;
    expect(pooled.value).toBeCloseTo(0.5, 12);
    expect([pooled.low, pooled.high].map((end) => end.toFixed(4))).toEqual(['0.4038', '0.5962']);
    expect([pooled.n, pooledOf([null])]).toEqual([100, null]);
  });
});

describe('overSeeds', () => {
  it('is the mean with the interval of Student’s t, worked by hand for three seeds', () => {
    // sd of 0.6, 0.7, 0.8 is 0.1; 4.303 · 0.1 / √3 = 0.2484
    const mean = overSeeds([share(0.6), share(0.7), share(0.8)])!;
    expect(mean.value).toBeCloseTo(0.7, 12);
    expect(mean.low).toBeCloseTo(0.7 - 0.24844, 4);
    expect(mean.high).toBeCloseTo(0.7 + 0.24844, 4);
    expect(mean.n).toBe(300);
  });

  it('never leaves 0 to 1, and is the seed’s own interval where there is one seed', () => {
    expect(overSeeds([share(0.9), share(1)])).toMatchObject({ high: 1 });
    expect(overSeeds([null, share(0.5, 0.4, 0.6)])).toEqual(share(0.5, 0.4, 0.6));
    expect(overSeeds([undefined, null])).toBeNull();
  });
});

describe('gains', () => {
  const base = share(0.4, 0.37, 0.43);
  it('carry the noise of both sides', () => {
    const gain = gainOf(share(0.7, 0.66, 0.74), base);
    expect(gain.value).toBeCloseTo(0.3, 12);
    expect(gain.low).toBeCloseTo(0.25, 12);
    expect(gain.high).toBeCloseTo(0.35, 12);
    expect([sideOf(gain), gainWords(gain)]).toEqual(['above', '30.0 points more [+25.0, +35.0]']);
  });

  it('are level where the interval holds nothing, and less where it lies below', () => {
    expect(gainWords(gainOf(share(0.42, 0.38, 0.46), base))).toBe(
      'level within noise (+2.0 [−3.0, +7.0] points)',
    );
    expect(gainWords(gainOf(share(0.2, 0.16, 0.24), base))).toBe('20.0 points less [−25.0, −15.0]');
  });

  it('are no part of a gain that is itself within noise', () => {
    const whole = gainOf(share(0.6, 0.58, 0.62), base);
    expect(recoveredOf(gainOf(share(0.5), base), whole)).toBeCloseTo(0.5, 12);
    expect(recoveredOf(gainOf(share(0.5), base), gainOf(share(0.41, 0.38, 0.44), base))).toBeNull();
  });
});
