import { describe, expect, it } from 'vitest';
import { compareAddress, parseCompare, turned } from './compare-view.ts';

const parse = (address: string) =>
  parseCompare(Object.fromEntries(new URL(address, 'http://x').searchParams));

describe('the address of a comparison', () => {
  it('is bare by decoder cosine at the largest budget', () => {
    expect(compareAddress('a', 'b', parseCompare({}))).toBe('/compare/a/b');
  });

  it('comes back as it went, budget and places of the lists included', () => {
    const view = { method: 'ONE_TO_ONE', k: '16', after: 'x+y=', onlyA: undefined, onlyB: 'z' } as const;
    expect(parse(compareAddress('a', 'b', view))).toEqual(view);
  });

  it('escapes slugs and takes an unknown method for the usual one', () => {
    expect(compareAddress('a/b', 'c', parseCompare({ by: 'toString' }))).toBe('/compare/a%2Fb/c');
  });

  it('turned round keeps method and budget and forgets where its lists were', () => {
    expect(turned({ method: 'ACT_CORRELATION', k: '8', after: 'q', onlyA: 'r' })).toEqual({
      method: 'ACT_CORRELATION',
      k: '8',
    });
  });
});
