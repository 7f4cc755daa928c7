// @vitest-environment node
import { describe, expect, it } from 'vitest';
import * as numbers from './numbers.ts';

const thin = '\u202f';

describe('numbers', () => {
  it('groups counts, whether they come as number or as the text of a BigInt', () => {
    expect([0, 999, 12345, '1234567890'].map(numbers.formatCount)).toEqual([
      '0',
      '999',
      '12,345',
      '1,234,567,890',
    ]);
  });

  it('keeps three significant digits over all sizes', () => {
    const values = [0, 0.000012, 0.0123, 1.2345, 12.345, 123.45, 12345, -1.5];
    expect(values.map(numbers.formatValue)).toEqual([
      '0',
      '1.2e−5',
      '0.0123',
      '1.23',
      '12.3',
      '123',
      '12,345',
      '−1.50',
    ]);
  });

  it('writes a dash for what is absent, and never NaN', () => {
    for (const format of [
      numbers.formatValue,
      numbers.formatShare,
      numbers.formatPercent,
      numbers.formatSigned,
    ]) {
      expect([format(null), format(undefined), format(Number.NaN), format(Infinity)]).toEqual([
        '–',
        '–',
        '–',
        '–',
      ]);
    }
  });

  it('tells a small share from none', () => {
    expect([0, 1e-9, 0.0004, 0.0123, 0.5, 1].map(numbers.formatPercent)).toEqual([
      `0${thin}%`,
      `<${thin}0.001${thin}%`,
      `0.040${thin}%`,
      `1.23${thin}%`,
      `50.0${thin}%`,
      `100.0${thin}%`,
    ]);
  });

  it('marks the sign where the sign is the message', () => {
    expect([0.12, -0.12, 0].map(numbers.formatSigned)).toEqual(['+0.120', '−0.120', '0']);
  });

  it('shortens large quantities', () => {
    expect([12, 1500, '2000000', 3.1e9].map(numbers.formatLarge)).toEqual([
      '12.0',
      `1.50${thin}k`,
      `2.00${thin}M`,
      `3.10${thin}G`,
    ]);
  });

  it('says durations as a person does', () => {
    expect([0, 59.6, 200, 7500, -1, NaN].map(numbers.formatDuration)).toEqual([
      `0${thin}s`,
      `1${thin}min 0${thin}s`,
      `3${thin}min 20${thin}s`,
      `2${thin}h 5${thin}min`,
      '–',
      '–',
    ]);
  });
});
