// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { parseView, viewHref } from './vector-view.ts';

describe('the view of a vector', () => {
  it('comes back from its own address', () => {
    const view = { by: 'cosine', lens: 3, show: 'gained', from: 8 } as const;
    const href = viewHref('residua-reasoner/all-seed-1', view, 'texts');
    expect(href).toBe('/steering/residua-reasoner/all-seed-1?by=cosine&lens=3&show=gained&from=8#texts');
    expect(parseView(Object.fromEntries(new URL(href, 'http://x').searchParams))).toEqual(view);
  });

  it('falls on the usual where the address is empty or makes no sense', () => {
    const usual = { by: 'dot', lens: null, show: 'all', from: 0 };
    expect(parseView({})).toEqual(usual);
    expect(parseView({ by: 'x', lens: '-1', show: 'nope', from: '1e9' })).toEqual(usual);
    expect(viewHref('a', parseView({}), 'lens')).toBe('/steering/a#lens');
  });

  it('knows the difference behind the last layer', () => {
    expect(parseView({ lens: 'final' }).lens).toBe('final');
  });
});
