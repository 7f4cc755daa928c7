// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { differenceWords, listWords, percentWords, savingWords, sideOf, sizeWords } from './words.ts';
import { spreadOf } from '../../ui/spread.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('savingWords', () => {
  it('says what is above the noise of the seeds, in either direction', () => {
    expect(plain(savingWords([0.13, 0.15, 0.14], 'FLOPs'))).toBe(
      'LIMe needs 14.0 ± 1.0 % fewer FLOPs (3 seeds)',
    );
    expect(plain(savingWords([-0.2, -0.22], 'tokens'))).toBe('LIMe needs 21.0 ± 1.4 % more tokens (2 seeds)');
  });

  it('says that there is no difference where the seeds do not agree', () => {
    expect(plain(savingWords([0.1, -0.09, 0.02], 'FLOPs'))).toMatch(
      /^no difference within noise: LIMe needs 1\.0 ± 9\.5 % fewer FLOPs, .*two standard errors over 3 seeds$/,
    );
  });

  it('claims nothing of one seed, and counts those that never get there', () => {
    expect(plain(savingWords([0.1], 'FLOPs'))).toBe(
      'LIMe needs 10.0 % fewer FLOPs at one seed, whose noise is not known',
    );
    expect(plain(savingWords([0.1, null, 0.1], 'FLOPs'))).toBe(
      'LIMe needs 10.0 ± 0.0 % fewer FLOPs (2 of 3 seeds); at 1 seed one of the two never gets there',
    );
    expect(savingWords([null, null], 'FLOPs')).toBe('one of the two never gets there, at any of 2 seeds');
  });
});

describe('differenceWords', () => {
  const format = (value: number) => value.toFixed(2);
  it('has its own words for either direction and for level', () => {
    expect(differenceWords([0.3, 0.32], format)).toBe('higher by 0.31 ± 0.01');
    expect(differenceWords([-0.3, -0.32], format, ['more', 'fewer'])).toBe('fewer by 0.31 ± 0.01');
    expect(differenceWords([0.3, -0.32], format)).toBe('level within noise (−0.01 ± 0.44)');
    expect(differenceWords([0.3], format)).toBe('higher by 0.30 at one seed');
    expect(differenceWords([null], format)).toBe('not measured');
  });
});

describe('sideOf', () => {
  it('needs two standard errors', () => {
    const sides = [[1, 1.1], [-1, -1.1], [1, -1], [1]].map((values) => sideOf(spreadOf(values)!));
    expect(sides).toEqual(['above', 'below', 'level', 'alone']);
  });
});

describe('percentWords and listWords', () => {
  it('write a share without its sign, and a list as it is spoken', () => {
    expect(plain(percentWords({ mean: -0.142, sd: 0.01, n: 3 }))).toBe('14.2 ± 1.0 %');
    expect([listWords([]), listWords(['a']), listWords(['a', 'b', 3])]).toEqual(['', 'a', 'a, b and 3']);
  });
});

describe('sizeWords', () => {
  it('name depths and width, and grouped heads where there are some', () => {
    const size = (layers: number, kvHeads: number) => ({ layers, width: 128, heads: 4, kvHeads });
    expect(sizeWords([size(8, 4), size(4, 4), size(8, 4)])).toBe('4 and 8 layers of 128');
    expect(sizeWords([size(16, 2)])).toBe('16 layers of 128, 2 of 4 heads with keys and values');
  });
});
