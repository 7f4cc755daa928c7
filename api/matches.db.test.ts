import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { collectStatements, openTestApi } from './testing.ts';
import type { Json, TestApi } from './testing.ts';

let test: TestApi;
beforeAll(async () => {
  test = await openTestApi();
});
afterAll(() => test.close());

const ok = async (query: string, variables?: object) => {
  const { data, errors } = await test.ask(query, variables);
  expect(errors).toBeUndefined();
  return data;
};

const BASE = FIXTURE.dictionary;
const [CODE, RUSSIAN] = FIXTURE.boosts.map(({ slug }) => slug);

/** What is told of a boost while it is not published. */
const unpublished = async (boost: number, act: () => Promise<void>) => {
  await test.client.query('update dictionary set published_at = null where id = $1', [boost]);
  try {
    await act();
  } finally {
    await test.client.query('update dictionary set published_at = now() where id = $1', [boost]);
  }
};

describe('the domain share of a feature', () => {
  const SHARES = `query ($slug: String!, $first: Int, $after: String, $last: Int, $before: String, $direction: OrderDirection) { dictionary(slug: $slug) {
    features(first: $first, after: $after, last: $last, before: $before, orderBy: { field: DOMAIN_SHARE, direction: $direction }) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { index domainShare corpora { corpus { domain } density } } } } }`;
  const shares = async (variables: object) => (await ok(SHARES, variables)).dictionary.features;

  it('is its density on the domain over the sum of its densities, null where it is silent', async () => {
    const { nodes } = await shares({ slug: RUSSIAN, first: 100 });
    for (const { domainShare, corpora } of nodes) {
      const sum = (rates: Json[]) => rates.reduce((total, { density }) => total + density, 0);
      const domain = sum(corpora.filter(({ corpus }: Json) => corpus.domain === 'russian'));
      if (sum(corpora) === 0) expect(domainShare).toBeNull();
      else expect(domainShare).toBeCloseTo(domain / sum(corpora), 12);
    }
    expect(nodes.filter(({ domainShare }: Json) => domainShare === null).length).toBeGreaterThan(0);
    expect(nodes.filter(({ domainShare }: Json) => domainShare === 1).length).toBeGreaterThan(0);
  });

  it('is nothing in a dictionary without a domain', async () => {
    const { nodes } = await shares({ slug: BASE, first: 200 });
    expect(new Set(nodes.map(({ domainShare }: Json) => domainShare))).toEqual(new Set([null]));
  });

  it('orders the list, equal ones by index, those without one last, and pages both ways', async () => {
    for (const direction of ['DESC', 'ASC']) {
      const sign = direction === 'ASC' ? 1 : -1;
      const all = (await shares({ slug: CODE, first: 100, direction })).nodes;
      const key = ({ domainShare }: Json): number => domainShare ?? -1;
      const sorted = [...all].sort((a, b) => sign * (key(a) - key(b) || a.index - b.index));
      expect(all).toEqual(sorted);
      const forwards: Json[] = [];
      for (let after: string | null = null; ;) {
        const page: Json = await shares({ slug: CODE, first: 7, after, direction });
        forwards.push(...page.nodes);
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(forwards).toEqual(all);
      const backwards: Json[] = [];
      for (let before: string | null = null; ;) {
        const page: Json = await shares({ slug: CODE, last: 7, before, direction });
        backwards.unshift(...page.nodes);
        if (!page.pageInfo.hasPreviousPage) break;
        before = page.pageInfo.startCursor;
      }
      expect(backwards).toEqual(all);
    }
  });
});

describe('the matches of a feature', () => {
  it('are the likest first, of every published dictionary or of one, by one method', async () => {
    const { feature } = await ok(`{ feature(dictionary: "${BASE}", index: 3) {
      all: matches { value rank method other { index dictionary { slug } } feature { index } }
      two: matches(first: 2) { value }
      one: matches(other: "${CODE}", method: ENCODER_COSINE) { value rank method other { dictionary { slug } } }
      pair: matches(other: "${CODE}", method: ONE_TO_ONE) { rank }
      none: matches(other: "nothing") { value } } }`);
    const values = feature.all.map(({ value }: Json) => value);
    expect(values).toEqual([...values].sort((a: number, b: number) => b - a));
    expect(feature.all).toHaveLength(6);
    expect(new Set(feature.all.map(({ other }: Json) => other.dictionary.slug))).toEqual(
      new Set([CODE, RUSSIAN]),
    );
    for (const { method, feature: own } of feature.all)
      expect([method, own.index]).toEqual(['DECODER_COSINE', 3]);
    expect(feature.two).toEqual(values.slice(0, 2).map((value: number) => ({ value })));
    expect(feature.one.map(({ rank }: Json) => rank)).toEqual([0, 1, 2]);
    expect(
      new Set(feature.one.map(({ method, other }: Json) => `${method} ${other.dictionary.slug}`)),
    ).toEqual(new Set([`ENCODER_COSINE ${CODE}`]));
    expect(feature.pair).toEqual([{ rank: 0 }]);
    expect(feature.none).toEqual([]);
  });

  it('are found in one statement for thirty features', async () => {
    const query = `{ dictionary(slug: "${RUSSIAN}") { features(first: 30, orderBy: { field: DOMAIN_SHARE }) { nodes {
      domainShare label { text } matches(other: "${BASE}", first: 1) { value other { index label { text } } } } } } }`;
    await ok(query);
    const texts = await collectStatements(() => ok(query));
    // dictionary, features, labels, the other dictionary, matches, their features, their labels
    expect(texts.length, texts.join('\n\n')).toBe(7);
  });
});

describe('the matches of two dictionaries', () => {
  const MATCHES = `query ($first: Int, $after: String, $last: Int, $before: String, $other: String!, $method: MatchMethod!, $rank: Int, $min: Float, $max: Float, $direction: OrderDirection) {
    dictionary(slug: "${BASE}") { matches(first: $first, after: $after, last: $last, before: $before, other: $other, method: $method, rank: $rank, minValue: $min, maxValue: $max, direction: $direction) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { value rank method feature { index } other { index dictionary { slug } } } } } }`;
  const matches = async (variables: object) =>
    (await ok(MATCHES, { other: CODE, method: 'DECODER_COSINE', ...variables })).dictionary.matches;

  it('walk through every feature once, from the likest or from the least like, both ways', async () => {
    // Ties: the page must go on within them.
    await test.client.query(
      `update feature_match set value = 0.5 where dictionary_id = $1 and other_dictionary_id = $2
         and method = 'decoder_cosine' and rank = 0 and feature_index between 20 and 60`,
      [test.ids.dictionary, test.ids.boosts[0]],
    );
    for (const direction of ['DESC', 'ASC']) {
      const sign = direction === 'ASC' ? 1 : -1;
      const forwards: Json[] = [];
      for (let after: string | null = null; ;) {
        const page: Json = await matches({ first: 17, after, direction });
        forwards.push(...page.nodes);
        if (!page.pageInfo.hasNextPage) {
          expect(page.totalCount).toBe(forwards.length);
          break;
        }
        after = page.pageInfo.endCursor;
      }
      expect(forwards).toHaveLength(190);
      const key = ({ feature }: Json): number => feature.index;
      const sorted = [...forwards].sort((a, b) => sign * (a.value - b.value || key(a) - key(b)));
      expect(forwards).toEqual(sorted);
      const backwards: Json[] = [];
      for (let before: string | null = null; ;) {
        const page: Json = await matches({ last: 23, before, direction });
        backwards.unshift(...page.nodes);
        if (!page.pageInfo.hasPreviousPage) break;
        before = page.pageInfo.startCursor;
      }
      expect(backwards).toEqual(forwards);
    }
  });

  it('keep to the values, the rank and the method that are asked for', async () => {
    const all = (await matches({ first: 500 })).nodes;
    const between = await matches({ first: 500, min: 0.3, max: 0.5 });
    expect(between.nodes).toEqual(all.filter(({ value }: Json) => value >= 0.3 && value <= 0.5));
    expect(between.totalCount).toBe(between.nodes.length);
    expect(between.totalCount).toBeGreaterThan(41);
    const second = await matches({ rank: 1 });
    expect(new Set(second.nodes.map(({ rank }: Json) => rank))).toEqual(new Set([1]));
    const paired = (await matches({ first: 500, method: 'ONE_TO_ONE' })).nodes;
    expect(new Set(paired.map(({ other }: Json) => other.index)).size).toBe(paired.length);
    expect((await matches({ rank: 3 })).totalCount).toBe(0);
    expect(await matches({ other: 'nothing' })).toMatchObject({ totalCount: 0, nodes: [] });
    expect((await matches({ other: BASE })).nodes).toEqual([]);
  });

  it('are summed up over the best match of each feature', async () => {
    await test.client.query(
      `update feature_match set value = case feature_index when 0 then 1.00005 when 1 then -1 else 0.7 end
       where dictionary_id = $1 and other_dictionary_id = $2 and method = 'act_correlation' and rank = 0
         and feature_index < 3`,
      [test.ids.dictionary, test.ids.boosts[0]],
    );
    const { dictionary } = await ok(`{ dictionary(slug: "${BASE}") {
      matchSummary(other: "${CODE}", method: ACT_CORRELATION) { count matchedAbove all: matchedAbove(threshold: -1.1) histogram { counts lower upper } }
      self: matchSummary(other: "${BASE}", method: ACT_CORRELATION) { count } none: matchSummary(other: "nothing", method: ACT_CORRELATION) { count } } }`);
    const { rows } = await test.client.query<{ value: number }>(
      `select value from feature_match where dictionary_id = $1 and other_dictionary_id = $2 and method = 'act_correlation' and rank = 0`,
      [test.ids.dictionary, test.ids.boosts[0]],
    );
    const { count, matchedAbove, all, histogram } = dictionary.matchSummary;
    expect([count, all]).toEqual([190, 190]);
    expect(matchedAbove).toBe(rows.filter(({ value }) => value > 0.7).length);
    const counts = Array<number>(40).fill(0);
    for (const { value } of rows) counts[Math.min(39, Math.floor(((value + 1) / 2) * 40))]++;
    expect(histogram).toEqual({ counts, lower: -1, upper: 1 });
    expect([counts[0], dictionary.self, dictionary.none]).toEqual([1, null, null]);
  });

  it('are told of published dictionaries alone', async () => {
    const query = `{ dictionary(slug: "${BASE}") { matchedDictionaries { slug }
      matches(other: "${CODE}", method: DECODER_COSINE) { totalCount nodes { value } }
      matchSummary(other: "${CODE}", method: DECODER_COSINE) { count }
      feature(index: 3) { matches { other { dictionary { slug } } } one: matches(other: "${CODE}") { value } } } }`;
    expect((await ok(query)).dictionary.matchedDictionaries).toEqual([{ slug: CODE }, { slug: RUSSIAN }]);
    await unpublished(test.ids.boosts[0], async () => {
      const { dictionary } = await ok(query);
      expect(dictionary).toMatchObject({
        matchedDictionaries: [{ slug: RUSSIAN }],
        matches: { totalCount: 0, nodes: [] },
        matchSummary: null,
        feature: { one: [] },
      });
      expect(JSON.stringify(dictionary)).not.toContain(CODE);
    });
  });
});
