/** A passage as the two layers of a heat map: fill by the base, underline by the boost, and in words for the tip. Pure. */
import type { BoostPassagesQuery } from '../../graphql/generated/graphql.ts';
import { formatSigned, formatValue } from '../../ui/numbers.ts';
import { spreadOf } from '../../ui/spread.ts';
import type { TokenPart } from '../../ui/token-pieces.ts';

export type Passage = NonNullable<BoostPassagesQuery['dictionary']>['passages'][number];
export type PassageToken = Passage['tokens'][number];
type Act = PassageToken['boost'][number];

/** Of a token's acts the tip names so many. */
const NAMED = 2;

export function partsOf({ tokens }: Passage): TokenPart[] {
  return tokens.map((token) => ({
    text: token.text,
    bytes: token.bytes,
    index: token.index,
    act: token.base[0]?.act ?? 0,
    rank: null,
    boostedAct: token.boost[0]?.act ?? 0,
    notes: notesOf(token),
  }));
}

export function notesOf(token: PassageToken): string[] {
  const { base, boost, baseError, boostedError, ceOriginal, ceBase, ceBoosted } = token;
  return [
    base.length > 0 && `base: ${namesOf(base)}`,
    boost.length > 0 && `boost: ${namesOf(boost)}`,
    baseError !== null &&
      `error ${formatValue(baseError)}${boostedError === null ? '' : ` → ${formatValue(boostedError)}`}`,
    ceOriginal !== null &&
      ceBase !== null &&
      `CE of the next token ${formatValue(ceOriginal)}; base ${formatSigned(ceBase - ceOriginal)}${ceBoosted === null ? '' : `, boosted ${formatSigned(ceBoosted - ceOriginal)}`}`,
  ].filter((line) => line !== false);
}

function namesOf(acts: readonly Act[]): string {
  return acts
    .slice(0, NAMED)
    .map(({ index, act, feature }) => `${feature.label?.text ?? `feature ${index}`} ${formatValue(act)}`)
    .join(', ');
}

/** The strongest acts of a list of passages: one scale for all. */
export function strongestActs(passages: readonly Passage[]): {
  readonly base: number;
  readonly boost: number;
} {
  const tokens = passages.flatMap((passage) => passage.tokens);
  return {
    base: Math.max(0, ...tokens.map(({ base }) => base[0]?.act ?? 0)),
    boost: Math.max(0, ...tokens.map(({ boost }) => boost[0]?.act ?? 0)),
  };
}

export interface PassageSummary {
  readonly baseError: number | null;
  readonly boostedError: number | null;
  /** Nats per token that splicing adds. */
  readonly baseDeltaCe: number | null;
  readonly boostedDeltaCe: number | null;
  /** Features of the boost that act in it, by the number of tokens, most first. */
  readonly features: readonly {
    readonly index: number;
    readonly label: string | null;
    readonly tokenCount: number;
  }[];
}

export function summarise({ tokens }: Passage): PassageSummary {
  const mean = (of: (token: PassageToken) => number | null) => spreadOf(tokens.map(of))?.mean ?? null;
  const added = (of: (token: PassageToken) => number | null) =>
    mean((token) => {
      const value = of(token);
      return value === null || token.ceOriginal === null ? null : value - token.ceOriginal;
    });
  const features = new Map<number, { index: number; label: string | null; tokenCount: number }>();
  for (const { index, feature } of tokens.flatMap(({ boost }) => boost)) {
    const known = features.get(index);
    if (known) known.tokenCount += 1;
    else features.set(index, { index, label: feature.label?.text ?? null, tokenCount: 1 });
  }
  return {
    baseError: mean((token) => token.baseError),
    boostedError: mean((token) => token.boostedError),
    baseDeltaCe: added((token) => token.ceBase),
    boostedDeltaCe: added((token) => token.ceBoosted),
    features: [...features.values()].sort((a, b) => b.tokenCount - a.tokenCount || a.index - b.index),
  };
}
