// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { createLinearScale, createLogScale, domainOf, linearTicks } from './scale.ts';

describe('linear scale', () => {
  it('maps the ends of its domain onto the ends of its range', () => {
    const scale = createLinearScale({ domain: [2, 4], range: [100, 0] });
    expect([scale(2), scale(3), scale(4)]).toEqual([100, 50, 0]);
  });

  it('puts a single value in the middle instead of dividing by zero', () => {
    expect(createLinearScale({ domain: [5, 5], range: [0, 100] })(5)).toBe(50);
  });

  it('takes values that rounding alone tells apart for one, and has few ticks for them', () => {
    const scale = createLinearScale({ domain: [0.05, 0.05 + 2e-17 * 8], range: [0, 100] });
    expect(scale.ticks.length).toBeLessThan(20);
    expect(scale(0.05)).toBeCloseTo(50, 9);
  });

  it('draws nothing below zero for what has stayed at zero', () => {
    const scale = createLinearScale({ domain: [0, 0], range: [0, 100] });
    expect(scale(0)).toBe(0);
    expect(Math.min(...scale.ticks)).toBe(0);
  });
});

describe('ticks', () => {
  it('are multiples of 1, 2 or 5 inside the domain', () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(0, 976, 4)).toEqual([0, 500]);
    expect(linearTicks(-0.3, 0.3, 4)).toEqual([-0.2, 0, 0.2]);
  });

  it('never leave the domain, for domains of all sizes', () => {
    for (const size of [1e-6, 0.03, 7, 4096, 1e9]) {
      const ticks = linearTicks(size * 0.37, size * 1.91, 5);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.every((tick) => tick >= size * 0.37 * 0.999 && tick <= size * 1.91 * 1.001)).toBe(true);
    }
  });
});

describe('log scale', () => {
  it('spaces doublings evenly', () => {
    const scale = createLogScale({ domain: [4, 64], range: [0, 100], ticks: [4, 64] });
    expect([4, 8, 16, 32, 64].map(scale)).toEqual([0, 25, 50, 75, 100]);
  });
});

describe('domainOf', () => {
  it('stays on zero where it was asked to start there', () => {
    expect(domainOf([1, 2], true)[0]).toBe(0);
  });

  it('ignores what is not finite and has an answer for nothing', () => {
    expect(domainOf([Number.NaN, Infinity])).toEqual([0, 1]);
    expect(domainOf([Number.NaN, 3, 4])[0]).toBeCloseTo(2.95);
  });
});
