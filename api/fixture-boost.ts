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
}

const FEATURES = 60;
const FIRST_DEAD = 56;
const BUDGETS = [2, 4, 8];
/** Features of the base that are not silent: they alone have matches and act in passages. */
const ALIVE_OF_BASE = 190;

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
    await insertRows(client, 'passage', passageRows(boost, domain, windows, triggers));
    const [fromCount, toCount] = [FIRST_DEAD, ALIVE_OF_BASE];
    await insertMatches(client, { from: boost, to: base.dictionary, fromCount, toCount });
    await insertMatches(client, {
      from: base.dictionary,
      to: boost,
      fromCount: ALIVE_OF_BASE,
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
  domain: string,
  windows: readonly FixtureWindow[],
  triggers: readonly number[],
): object[] {
  const others = [...new Set(windows.map((window) => window.domain))].filter((name) => name !== domain);
  const of = (name: string, count: number) =>
    windows.filter((window) => window.domain === name).slice(0, count);
  const shown = [...of(domain, 4), ...others.flatMap((name) => of(name, 2))];
  return shown.map((window, rank) => {
    const tokens = window.tokens.map((token, position) =>
      tokenOf(`${boost}/${window.id}/${position}`, token, triggers),
    );
    const acts = (of: 'base' | 'boost', width: number) =>
      actColumns(
        of,
        tokens.map((token) => token[of]),
        width,
      );
    // The last token of a window has none after it, whose loss it could be.
    const losses = (added: (token: (typeof tokens)[number]) => number) =>
      tokens.map((token, at) => (at < tokens.length - 1 ? token.ceOriginal + added(token) : 'NaN'));
    return {
      ...{
        dictionary_id: boost,
        window_id: window.id,
        rank,
        base_width: BASE_WIDTH,
        boost_width: BOOST_WIDTH,
      },
      ...{ ...acts('base', BASE_WIDTH), ...acts('boost', BOOST_WIDTH) },
      base_errors: tokens.map(({ baseError }) => baseError),
      boosted_errors: tokens.map(({ boostedError }) => boostedError),
      ce_original: losses(() => 0),
      ce_base: losses(({ baseError }) => baseError),
      ce_boosted: losses(({ boostedError }) => boostedError),
    };
  });
}

function tokenOf(seed: string, token: number, triggers: readonly number[]) {
  const base = Array.from({ length: BASE_WIDTH }, (_, i): Act => [
    (hash(seed, 'base') + i * 31) % ALIVE_OF_BASE,
    0.2 + 3 * fraction(seed, 'base act', i),
  ]);
  const boost = triggers.flatMap((trigger, index): Act[] =>
    trigger === token && index < FIRST_DEAD ? [[index, 1 + 4 * fraction(seed, 'boost act', index)]] : [],
  );
  const baseError = 0.2 + 0.7 * fraction(seed, 'error');
  return {
    base: strongestFirst(base),
    boost: strongestFirst(boost).slice(0, BOOST_WIDTH),
    baseError,
    boostedError: boost.length > 0 ? baseError * 0.35 : baseError,
    ceOriginal: 0.1 + 4 * fraction(seed, 'ce'),
  };
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
