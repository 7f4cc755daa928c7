// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { parseView, viewHref } from './steering-view.ts';

describe('the view of the index', () => {
  it('comes back from its own address', () => {
    const view = {
      model: 'residua-reasoner',
      set: 'hard',
      trained: 'full',
      layer: 0,
      after: 'x=',
      before: undefined,
    };
    const href = viewHref(view, 'vectors');
    expect(href).toBe('/steering?model=residua-reasoner&set=hard&trained=full&layer=0&after=x%3D#vectors');
    expect(parseView(Object.fromEntries(new URL(href, 'http://x').searchParams))).toEqual(view);
  });

  it('is the bare address where nothing is asked for', () => {
    expect(viewHref(parseView({ layer: 'x' }))).toBe('/steering');
  });
});
