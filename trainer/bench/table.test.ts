import { describe, expect, it } from 'vitest';
import { formatMebibytes, formatNumber, formatTable } from './table.ts';

describe('formatTable', () => {
  it('aligns the first column to the left and the others to the right', () => {
    const table = formatTable(
      ['what', 'ms'],
      [
        ['step', '5.1'],
        ['product', '123'],
      ],
    );
    expect(table.split('\n')).toEqual(['what      ms', '-------  ---', 'step     5.1', 'product  123']);
  });

  it('leaves cells that a row does not have empty, without trailing spaces', () => {
    expect(formatTable(['a', 'b'], [['x']]).split('\n')[2]).toBe('x');
  });
});

describe('formatNumber', () => {
  it('keeps three figures', () => {
    expect([0.1234, 12.34, 1234.5].map(formatNumber)).toEqual(['0.12', '12.3', '1235']);
  });
});

describe('formatMebibytes', () => {
  it('counts in units of 2^20', () => {
    expect(formatMebibytes(3 * 2 ** 20)).toBe('3');
  });
});
