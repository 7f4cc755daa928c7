// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { listHref, listVariables, parseList, reorder } from './list-address.ts';

const parse = (href: string) => parseList(Object.fromEntries(new URL(href, 'http://x').searchParams));

describe('the address of a list', () => {
  it('gives back every state it was made from', () => {
    for (const order of ['INDEX', 'DENSITY', 'MAX_ACT'] as const) {
      for (const direction of ['ASC', 'DESC'] as const) {
        for (const label of ['', 'a & b=c']) {
          const state = {
            order,
            direction,
            label,
            density: 'rare',
            corpus: 'prose',
            after: 'abc==',
            before: undefined,
          } as const;
          expect(parse(listHref('d', 16, state))).toEqual(state);
        }
      }
    }
  });

  it('takes an order nobody offers for the usual one', () => {
    for (const order of ['', 'size', 'constructor', 'toString']) {
      expect(parseList({ order }).order).toBe('MAX_ACT');
    }
  });

  it('stays short for the usual list', () => {
    expect(listHref('d', 16, parseList({}))).toBe('/dictionaries/d?k=16');
  });

  it('shows a list for an address full of nonsense', () => {
    expect(parseList({ order: 'colour', dir: 'up', density: '__proto__', label: ['a', 'b'] })).toMatchObject({
      order: 'MAX_ACT',
      direction: 'DESC',
      density: 'any',
      label: 'a',
    });
  });
});

describe('reorder', () => {
  it('turns round when asked again, and starts at the beginning', () => {
    const state = { ...parseList({ order: 'density' }), after: 'x' };
    expect(reorder(state, 'DENSITY')).toMatchObject({ direction: 'ASC', after: undefined });
    expect(reorder(state, 'INDEX')).toMatchObject({ order: 'INDEX', direction: 'ASC', after: undefined });
  });
});

describe('listVariables', () => {
  it('asks backwards for the page before', () => {
    expect(listVariables('d', 16, parseList({ before: 'c' }))).toMatchObject({ last: 50, before: 'c' });
    expect(listVariables('d', 16, parseList({ before: 'c' }))).not.toHaveProperty('first');
  });
});
