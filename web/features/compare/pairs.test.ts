import { describe, expect, it } from 'vitest';
import { pairsOf } from './pairs.tsx';
import { shareText } from './summary.tsx';

const dictionary = (slug: string, domain: string | null, matched: [string, string | null][]) => ({
  ...{ slug, name: slug, domain },
  matchedDictionaries: matched.map(([other, of]) => ({ slug: other, name: other, domain: of })),
});

describe('pairsOf', () => {
  it('names each pair once, a boost before its base', () => {
    const pairs = pairsOf([
      dictionary('base', null, [['boost', 'russian']]),
      dictionary('boost', 'russian', [
        ['base', null],
        ['other', 'code'],
      ]),
    ]);
    expect(pairs.map(({ a, b }) => `${a.slug} ${b.slug}`)).toEqual(['boost base', 'boost other']);
  });

  it('is empty where nothing was compared', () => {
    expect(pairsOf([dictionary('base', null, [])])).toEqual([]);
  });
});

describe('shareText', () => {
  it('is a share of those compared, and divides nothing by zero', () => {
    expect(shareText({ matchedAbove: 1, count: 4 })).toBe('25.0\u202f%');
    expect(shareText({ matchedAbove: 0, count: 0 })).toBe('none');
  });
});
