/** What a comparison shows, as an address and back. */
import type { MatchMethod } from '../../graphql/generated/graphql.ts';
import { compareHref, one, type SearchParameters } from '../../ui/address.ts';

export interface MethodWords {
  readonly name: string;
  /** What is compared, for the sentence of the page. */
  readonly does: string;
}

export const MATCH_METHODS: Readonly<Record<MatchMethod, MethodWords>> = {
  DECODER_COSINE: { name: 'decoder cosine', does: 'the cosine of decoder rows: what features write' },
  ENCODER_COSINE: { name: 'encoder cosine', does: 'the cosine of encoder rows: what features read' },
  ONE_TO_ONE: {
    name: 'one to one',
    does: 'decoder cosine in the one-to-one assignment of greatest total: no feature is matched twice',
  },
  ACT_CORRELATION: {
    name: 'act correlation',
    does: 'the correlation of acts over one text: when features act',
  },
};

/** In addresses: short and lower case. */
const SLUGS: Readonly<Record<MatchMethod, string>> = {
  DECODER_COSINE: 'decoder',
  ENCODER_COSINE: 'encoder',
  ONE_TO_ONE: 'one-to-one',
  ACT_CORRELATION: 'acts',
};

export interface CompareView {
  readonly method: MatchMethod;
  /** Budget of the numbers beside features; the largest where it is not given. */
  readonly k?: string;
  /** Where the list of pairs, and those of features without a like, go on. */
  readonly after?: string;
  readonly onlyA?: string;
  readonly onlyB?: string;
}

export function parseCompare(parameters: SearchParameters): CompareView {
  const asked = one(parameters, 'by');
  const method = (Object.keys(SLUGS) as MatchMethod[]).find((name) => SLUGS[name] === asked);
  return {
    method: method ?? 'DECODER_COSINE',
    k: one(parameters, 'k'),
    after: one(parameters, 'after'),
    onlyA: one(parameters, 'onlyA'),
    onlyB: one(parameters, 'onlyB'),
  };
}

export function compareAddress(a: string, b: string, { method, ...rest }: CompareView): string {
  const given = Object.entries({ by: method === 'DECODER_COSINE' ? undefined : SLUGS[method], ...rest });
  return compareHref(
    a,
    b,
    Object.fromEntries(given.filter((entry): entry is [string, string] => Boolean(entry[1]))),
  );
}

/** The same turned round: what was only in one is only in the other. */
export function turned({ method, k }: CompareView): CompareView {
  return { method, k };
}
