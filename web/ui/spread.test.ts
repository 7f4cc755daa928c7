import { describe, expect, it } from 'vitest';
import { compareSpreads, formatSpread, spreadOf } from './spread.ts';

describe('spreadOf', () => {
  it('divides squares by n - 1: 2, 4, 9 have mean 5 and sd √13', () => {
    expect(spreadOf([2, 4, 9])).toEqual({ mean: 5, sd: Math.sqrt(13), n: 3 });
  });

  it('knows no spread of a single value, and nothing of none', () => {
    expect(spreadOf([0.5])).toEqual({ mean: 0.5, sd: null, n: 1 });
    expect(spreadOf([])).toBeNull();
  });

  it('takes equal values for equal, whatever their sum rounds to', () => {
    expect(spreadOf([0.05, 0.05, 0.05])?.sd).toBe(0);
  });

  it('leaves out what was not measured', () => {
    expect(spreadOf([1, null, 3, Number.NaN, undefined])).toMatchObject({ mean: 2, n: 2 });
  });
});

describe('compareSpreads', () => {
  const of = (mean: number, sd: number | null, n = 4) => ({ mean, sd, n });

  it('calls a difference of up to two standard errors the same: sd 0.03 and 0.04 over 4 seeds make 0.05', () => {
    expect(compareSpreads(of(0.849, 0.03), of(0.8, 0.04))).toBe('same');
    expect(compareSpreads(of(0.851, 0.03), of(0.8, 0.04))).toBe('better');
    expect(compareSpreads(of(0.749, 0.03), of(0.8, 0.04))).toBe('worse');
  });

  it('compares single seeds by their values alone', () => {
    expect(compareSpreads(of(0.81, null, 1), of(0.8, null, 1))).toBe('better');
    expect(compareSpreads(of(0.8, null, 1), of(0.8, null, 1))).toBe('same');
  });
});

describe('formatSpread', () => {
  it('writes mean and sd alike, and a dash for nothing', () => {
    const format = (value: number) => value.toFixed(2);
    expect(formatSpread({ mean: 0.8, sd: 0.01, n: 3 }, format)).toBe('0.80 ± 0.01');
    expect(formatSpread({ mean: 0.8, sd: null, n: 1 }, format)).toBe('0.80');
    expect(formatSpread({ mean: 1, sd: 2, n: 2 }, (value) => `+${value}`)).toBe('+1 ± 2');
    expect(formatSpread(null, format)).toBe('–');
  });
});
