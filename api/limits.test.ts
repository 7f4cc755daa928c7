import { parse, specifiedRules, validate, getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { limitsRule, MAX_ALIASES, MAX_DEPTH } from './limits.ts';
import { schema } from './schema/index.ts';

const codes = (query: string) =>
  validate(schema, parse(query), [...specifiedRules, limitsRule]).map(({ extensions }) => extensions['code']);

/** A chain of parents that makes a query of exactly so many levels. */
const nested = (depth: number) =>
  `{ dictionary(slug: "a") ${'{ parent '.repeat(depth - 2)}{ slug }${' }'.repeat(depth - 2)} }`;

describe('the limits of a document', () => {
  it('allow its greatest depth and not one level more', () => {
    expect(codes(nested(MAX_DEPTH))).toEqual([]);
    expect(codes(nested(MAX_DEPTH + 1))).toEqual(['TOO_DEEP']);
    expect(codes(nested(30))).toEqual(['TOO_DEEP']);
  });

  it('see depth through fragments, named and inline', () => {
    const levels = Array.from(
      { length: 15 },
      (_, i) => `fragment F${i} on Dictionary { parent { ...F${i + 1} } }`,
    ).join(' ');
    const query = `{ dictionary(slug: "a") { ...F0 } } ${levels} fragment F15 on Dictionary { ... on Dictionary { slug } }`;
    expect(codes(query)).toContain('TOO_DEEP');
  });

  it('leave a fragment that reaches itself to the rule for that', () => {
    expect(codes('{ dictionary(slug: "a") { ...F } } fragment F on Dictionary { parent { ...F } }')).toEqual([
      undefined,
    ]);
  });

  it('count aliases', () => {
    const query = (count: number) =>
      `{ ${Array.from({ length: count }, (_, i) => `a${i}: corpora { id }`).join(' ')} }`;
    expect(codes(query(MAX_ALIASES))).toEqual([]);
    expect(codes(query(MAX_ALIASES + 1))).toEqual(['TOO_MANY_ALIASES']);
  });

  it('let introspection through', () => {
    expect(codes(getIntrospectionQuery())).toEqual([]);
  });
});
