/** Made-up boosts of a base for two domains: features for words of the domain alone, and text as base and boost see it. */
import type pg from 'pg';
import { insertDictionary, insertFeatures, insertRows } from './fixture-dictionary.ts';
import type { FixtureWindow } from './fixture-feature.ts';
import { insertMatches } from './fixture-match.ts';
import { fraction, hash } from './fixture-text.ts';

export const FIXTURE_BOOSTS = [
  { slug: 'fixture-boost-code', domain: 'code' },
  { slug: 'fixture-boost-russian', domain: 'russian' },
] as const;

export interface FixtureBase {
  readonly dictionary: number;
  readonly model: number;
  readonly run: number;
  readonly featureCount: number;
}

const FEATURES = 60;
const FIRST_DEAD = 56;
const BUDGETS = [2, 4, 8];
/** Features that take part in matches, of base and boosts: those that are not silent. */
const MATCHED_OF_BASE = 190;

export async function insertBoosts(
  client: pg.ClientBase,
  base: FixtureBase,
  windows: readonly FixtureWindow[],
  tokens: readonly Buffer[],
): Promise<number[]> {
  const boosts: number[] = [];
  for (const { slug, domain } of FIXTURE_BOOSTS) {
    const { model, run } = base;
    const boost = await insertDictionary(client, {
      ...{ slug, model, run, domain, parent: base.dictionary },
      ...{ isPublished: true, featureCount: FEATURES, budgets: BUDGETS },
    });
    const triggers = wordsOf(domain, windows);
    await insertFeatures(
      client,
      {
        dictionary: boost,
        featureCount: FEATURES,
        firstDead: FIRST_DEAD,
        budgets: BUDGETS,
        domain,
        triggers,
      },
      windows,
      tokens,
    );
    await insertRows(client, 'passage', passageRows(boost, base, domain, windows, triggers));
    const [fromCount, toCount] = [FIRST_DEAD, MATCHED_OF_BASE];
    await insertMatches(client, { from: boost, to: base.dictionary, fromCount, toCount });
    await insertMatches(client, {
      from: base.dictionary,
      to: boost,
      fromCount: MATCHED_OF_BASE,
      toCount: FIRST_DEAD,
    });
    boosts.push(boost);
  }
  const [from, to] = boosts;
  await insertMatches(client, { from, to, fromCount: FIRST_DEAD, toCount: FIRST_DEAD });
  return boosts;
}

/** Tokens that a domain has and other text lacks, most frequent first; when they run out, from the beginning. */
function wordsOf(domain: string, windows: readonly FixtureWindow[]): number[] {
  const counts = new Map<number, number>();
  for (const window of windows)
    for (const token of window.tokens)
      counts.set(token, (counts.get(token) ?? 0) + (window.domain === domain ? 1 : -1_000));
  // Below 257 are bytes.
  const words = [...counts].filter(([token, count]) => token >= 257 && count > 0);
  words.sort(([a, n], [b, m]) => m - n || a - b);
  return Array.from({ length: FEATURES }, (_, i) => words[i % words.length][0]);
}

const BASE_WIDTH = 6;
const BOOST_WIDTH = 4;

/** Four windows of the domain, then two of each other text, where the boost is nearly silent. */
function passageRows(
  boost: number,
  base: FixtureBase,
  domain: string,
  windows: readonly FixtureWindow[],
  triggers: readonly number[],
): object[] {
  const others = [...new Set(windows.map((window) => window.domain))].filter((name) => name !== domain);
  const of = (name: string, count: number) =>
    windows.filter((window) => window.domain === name).slice(0, count);
  const shown = [...of(domain, 4), ...others.flatMap((name) => of(name, 2))];
  return shown.map((window, rank) => {
    const tokens = window.tokens.map((token, position) => {
      const seed = `${boost}/${window.id}/${position}`;
      const baseActs = strongestFirst(
        Array.from({ length: BASE_WIDTH }, (_, i) => [
          (hash(seed, 'base') + i * 31) % base.featureCount,
          0.2 + 3 * fraction(seed, 'base act', i),
        ]),
      );
      const boostActs = strongestFirst(
        triggers.flatMap((trigger, index) =>
          trigger === token ? [[index, 1 + 4 * fraction(seed, 'boost act', index)] as const] : [],
        ),
      ).slice(0, BOOST_WIDTH);
      return { seed, baseActs, boostActs };
    });
    const baseErrors = tokens.map(({ seed }) => 0.2 + 0.7 * fraction(seed, 'error'));
    const ceOriginal = tokens.map(({ seed }) => 0.1 + 4 * fraction(seed, 'ce'));
    const gain = (position: number) => (tokens[position].boostActs.length > 0 ? 0.35 : 1);
    return {
      dictionary_id: boost,
      window_id: window.id,
      rank,
      base_width: BASE_WIDTH,
      ...actColumns(
        'base',
        tokens.map(({ baseActs }) => baseActs),
        BASE_WIDTH,
      ),
      boost_width: BOOST_WIDTH,
      ...actColumns(
        'boost',
        tokens.map(({ boostActs }) => boostActs),
        BOOST_WIDTH,
      ),
      base_errors: baseErrors,
      boosted_errors: baseErrors.map((error, position) => error * gain(position)),
      ...lossColumns(ceOriginal, (position) => baseErrors[position], gain),
    };
  });
}

type Act = readonly [index: number, act: number];

const strongestFirst = (acts: readonly Act[]) => [...acts].sort(([, a], [, b]) => b - a);

/** A token's acts, padded with act 0. */
function actColumns(name: string, tokens: readonly (readonly Act[])[], width: number) {
  const padded = tokens.flatMap((acts) =>
    Array.from({ length: width }, (_, i) => acts[i] ?? ([0, 0] as const)),
  );
  return {
    [`${name}_indices`]: padded.map(([index]) => index),
    [`${name}_acts`]: padded.map(([, act]) => act),
  };
}

/** The last token of a window has none after it. */
function lossColumns(ceOriginal: number[], errorAt: (at: number) => number, gain: (at: number) => number) {
  const withNone = (values: number[]) => values.map((value, at) => (at < values.length - 1 ? value : 'NaN'));
  return {
    ce_original: withNone(ceOriginal),
    ce_base: withNone(ceOriginal.map((ce, at) => ce + errorAt(at))),
    ce_boosted: withNone(ceOriginal.map((ce, at) => ce + errorAt(at) * gain(at))),
  };
}
