import { describe, expect, it } from 'vitest';
import type { CodedError } from './errors.ts';
import { connect, createCursor, parseCursor, parsePage } from './page.ts';

const LIMIT = { usual: 3, most: 5 };

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as CodedError).extensions['code'];
  }
  return 'no error';
}

describe('a cursor', () => {
  const cursor = createCursor('features.1.64.DENSITY.DESC', [0.1 + 0.2, 7]);

  it('brings back its sort key to the last bit', () => {
    expect(parseCursor('features.1.64.DENSITY.DESC', cursor)).toEqual([0.30000000000000004, 7]);
  });

  it('is refused by another list or order', () => {
    expect(codeOf(() => parseCursor('features.1.64.DENSITY.ASC', cursor))).toBe('BAD_CURSOR');
  });

  it('is refused with any one character changed, cut or added', () => {
    for (let i = 0; i < cursor.length; i++) {
      const other = cursor[i] === 'A' ? 'Q' : 'A';
      const changed = cursor.slice(0, i) + other + cursor.slice(i + 1);
      expect(
        codeOf(() => parseCursor('features.1.64.DENSITY.DESC', changed)),
        changed,
      ).toBe('BAD_CURSOR');
    }
    expect(codeOf(() => parseCursor('features.1.64.DENSITY.DESC', cursor.slice(0, -3)))).toBe('BAD_CURSOR');
    for (const broken of ['', 'x', '0', '\0', '🙂', 'A'.repeat(10_000)]) {
      expect(
        codeOf(() => parseCursor('features.1.64.DENSITY.DESC', broken)),
        broken,
      ).toBe('BAD_CURSOR');
    }
  });
});

describe('a page', () => {
  it('is of the usual size where none is asked for', () => {
    expect(parsePage({}, LIMIT, 'rows')).toEqual({ size: 3, isBackward: false, cursor: null });
    expect(parsePage({ before: 'c' }, LIMIT, 'rows')).toEqual({ size: 3, isBackward: true, cursor: 'c' });
  });

  it('is refused outside of its limit, saying which', () => {
    for (const args of [{ first: 0 }, { first: -1 }, { first: 6 }, { last: 0 }, { last: 1_000_000_000 }]) {
      expect(codeOf(() => parsePage(args, LIMIT, 'rows'))).toBe('BAD_PAGE_SIZE');
    }
    expect(() => parsePage({ first: 6 }, LIMIT, 'rows')).toThrow(
      'rows: expected first between 1 and 5, got 6',
    );
    expect(codeOf(() => parsePage({ first: 1, last: 1 }, LIMIT, 'rows'))).toBe('BAD_PAGE_SIZE');
    expect(codeOf(() => parsePage({ first: 1, before: 'c' }, LIMIT, 'rows'))).toBe('BAD_USER_INPUT');
    expect(codeOf(() => parsePage({ last: 1, after: 'c' }, LIMIT, 'rows'))).toBe('BAD_USER_INPUT');
  });

  it('says whether there is more on either side, from one row too many', () => {
    const count = () => Promise.resolve(9);
    const forward = connect([1, 2, 3, 4], { size: 3, isBackward: false, cursor: null }, String, count);
    expect(forward.edges.map(({ node }) => node)).toEqual([1, 2, 3]);
    expect(forward.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: '1',
      endCursor: '3',
    });
    const backward = connect([4, 3, 2, 1], { size: 3, isBackward: true, cursor: '5' }, String, count);
    expect(backward.edges.map(({ node }) => node)).toEqual([2, 3, 4]);
    expect(backward.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: true,
      startCursor: '2',
      endCursor: '4',
    });
    const empty = connect([], { size: 3, isBackward: false, cursor: null }, String, count);
    expect(empty.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });
});
