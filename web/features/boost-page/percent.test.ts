import { describe, expect, it } from 'vitest';
import { formatChange, formatKept, formatWhole } from './percent.ts';

describe('per cent with one digit', () => {
  it('carries the sign of a change, and none of nothing', () => {
    expect(formatChange(0.29)).toBe('+29.0\u202f%');
    expect(formatChange(-0.1034)).toBe('−10.3\u202f%');
    expect(formatChange(-0.0001)).toBe('0.0\u202f%');
  });

  it('writes ranges of a paper once', () => {
    expect(formatWhole([0.25, 0.59], true)).toBe('+25 to +59\u202f%');
    expect(formatWhole([0.59, 0.59], true)).toBe('+59\u202f%');
    expect(formatWhole([0.64, 0.72], false)).toBe('64 to 72\u202f%');
  });

  it('keeps what is above one', () => {
    expect(formatKept(0.998)).toBe('99.8\u202f%');
    expect(formatKept(1.0004)).toBe('100.0\u202f%');
    expect(formatKept(-0.05)).toBe('−5.0\u202f%');
  });
});
