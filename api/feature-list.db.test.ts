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

const FEATURES = `query ($first: Int, $after: String, $last: Int, $before: String, $budget: Int, $orderBy: FeatureOrder, $filter: FeatureFilter) {
  dictionary(slug: "${FIXTURE.dictionary}") {
    features(first: $first, after: $after, last: $last, before: $before, budget: $budget, orderBy: $orderBy, filter: $filter) {
      totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { index density maxAct label { text } at: stat(budget: $budget) { density maxAct fireCount } }
    }
  }
}`;

const features = async (variables: object) => (await ok(FEATURES, variables)).dictionary.features;

describe('the list of features', () => {
  it('walks through every feature once, forwards and backwards, in every order at every budget', async () => {
    for (const field of ['INDEX', 'DENSITY', 'MAX_ACT', 'DOMAIN_SHARE']) {
      for (const direction of ['ASC', 'DESC']) {
        const orderBy = { field, direction };
        const forwards: Json[] = [];
        for (let after: string | null = null; ;) {
          const page: Json = await features({ first: 70, after, budget: 8, orderBy });
          forwards.push(...page.nodes);
          if (!page.pageInfo.hasNextPage) break;
          after = page.pageInfo.endCursor;
        }
        // This dictionary has no domain: none of its features has a share.
        const key = ({ index, at }: Json): number =>
          ({ INDEX: index, DENSITY: at.density, MAX_ACT: at.maxAct })[field] ?? 0;
        const sign = direction === 'ASC' ? 1 : -1;
        const sorted = [...forwards].sort((a, b) => sign * (key(a) - key(b) || a.index - b.index));
        expect(forwards).toHaveLength(FIXTURE.featureCount);
        expect(forwards.map(({ index }) => index)).toEqual(sorted.map(({ index }) => index));

        const backwards: Json[] = [];
        for (let before: string | null = null; ;) {
          const page: Json = await features({ last: 90, before, budget: 8, orderBy });
          backwards.unshift(...page.nodes);
          if (!page.pageInfo.hasPreviousPage) break;
          before = page.pageInfo.startCursor;
        }
        expect(backwards).toEqual(forwards);
      }
    }
  });

  it('filters by what a feature is at the budget of the list', async () => {
    const dead = await features({ filter: { dead: true } });
    expect(dead.totalCount).toBe(FIXTURE.featureCount - FIXTURE.firstDead);
    const dense = await features({ first: 200, budget: 4, filter: { minDensity: 0.005, maxDensity: 0.01 } });
    expect(dense.totalCount).toBe(dense.nodes.length);
    expect(dense.nodes.length).toBeGreaterThan(0);
    for (const { at } of (await features({ first: 200, budget: 64, filter: { minDensity: 0.005 } })).nodes) {
      expect(at.density).toBeGreaterThanOrEqual(0.005);
    }
    const strong = await features({ first: 200, filter: { minMaxAct: 4, dead: false } });
    for (const { maxAct } of strong.nodes) expect(maxAct).toBeGreaterThanOrEqual(4);
  });

  it('finds labels by a piece of text as it is, whatever its case, with % and _ meaning themselves', async () => {
    const found = await features({ filter: { label: 'ТОК' } });
    expect(found.totalCount).toBe(0);
    const the = await features({ filter: { label: '“THE”' } });
    expect(the.nodes.map(({ label }: Json) => label.text)).toEqual(['the token “the”']);
    const { nodes } = await features({ filter: { label: '“типе”' } });
    for (const { label } of nodes) expect(label.text).toBe('the token “типе”');
    for (const wild of ['%', '_', '\\'])
      expect((await features({ filter: { label: wild } })).totalCount).toBe(0);
  });

  it('finds the features of a corpus: those that act there most', async () => {
    const { nodes, totalCount } = await features({ first: 200, filter: { corpus: 'russian-messages' } });
    // The third corpus of the fixture; silent features act nowhere.
    expect(nodes.every(({ index }: Json) => index % 3 === 2 && index < FIXTURE.firstDead)).toBe(true);
    expect(totalCount).toBe(63);
    expect((await features({ filter: { corpus: 'nowhere' } })).totalCount).toBe(0);
  });

  it('takes few statements for thirty rows with label, stat, corpora and an example each', async () => {
    const query = `{ dictionary(slug: "${FIXTURE.dictionary}") { features(first: 30, budget: 16, orderBy: { field: DENSITY }) { nodes {
      index label { text scores { value } } stat(budget: 16) { density histogram { counts } } corpora(budget: 16) { corpus { slug } density }
      examples(budget: 16, first: 1) { corpus { slug } tokens { text act } } topLogits(first: 3) { token } neighbours(first: 2) { feature { label { text } } }
    } } } }`;
    await ok(query);
    let dictionary: Json;
    const texts = await collectStatements(async () => ({ dictionary } = await ok(query)));
    expect(dictionary.features.nodes).toHaveLength(30);
    // dictionary, features, labels, scores, rates, corpora, examples, logits, neighbours, their features, their labels
    expect(texts.length, texts.join('\n\n')).toBe(11);
  });
});

describe('the search', () => {
  it('puts exact labels first, pages through all, and finds nothing by nothing', async () => {
    const query = `query ($query: String!, $first: Int, $after: String) { searchFeatures(query: $query, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { index density dictionary { slug } label { text } } } }`;
    const exact = await ok(query, { query: 'THE token “the”' });
    expect(exact.searchFeatures.nodes[0].label.text).toBe('the token “the”');
    const found: string[] = [];
    for (let after: string | null = null; ;) {
      const { searchFeatures }: Json = await ok(query, { query: 'token', first: 50, after });
      found.push(...searchFeatures.nodes.map(({ dictionary, index }: Json) => `${dictionary.slug}/${index}`));
      if (!searchFeatures.pageInfo.hasNextPage) {
        expect(found).toHaveLength(searchFeatures.totalCount);
        break;
      }
      after = searchFeatures.pageInfo.endCursor;
    }
    expect(new Set(found).size).toBe(found.length);
    expect((await ok(query, { query: '  ' })).searchFeatures).toMatchObject({ totalCount: 0, nodes: [] });
  });
});
