import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { encodeGlobalId } from './global-id.ts';
import { codesOf, openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

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
    for (const field of ['INDEX', 'DENSITY', 'MAX_ACT']) {
      for (const direction of ['ASC', 'DESC']) {
        const orderBy = { field, direction };
        const forwards: any[] = [];
        for (let after: string | null = null; ; ) {
          const page: any = await features({ first: 70, after, budget: 8, orderBy });
          forwards.push(...page.nodes);
          if (!page.pageInfo.hasNextPage) break;
          after = page.pageInfo.endCursor;
        }
        const key = ({ index, at }: any): number => (field === 'INDEX' ? index : field === 'DENSITY' ? at.density : at.maxAct);
        const sign = direction === 'ASC' ? 1 : -1;
        const sorted = [...forwards].sort((a, b) => sign * (key(a) - key(b) || a.index - b.index));
        expect(forwards).toHaveLength(FIXTURE.featureCount);
        expect(forwards.map(({ index }) => index)).toEqual(sorted.map(({ index }) => index));

        const backwards: any[] = [];
        for (let before: string | null = null; ; ) {
          const page: any = await features({ last: 90, before, budget: 8, orderBy });
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
    expect(the.nodes.map(({ label }: any) => label.text)).toEqual(['the token “the”']);
    const { nodes } = await features({ filter: { label: '“типе”' } });
    for (const { label } of nodes) expect(label.text).toBe('the token “типе”');
    for (const wild of ['%', '_', '\\']) expect((await features({ filter: { label: wild } })).totalCount).toBe(0);
  });

  it('finds the features of a corpus: those that act there most', async () => {
    const { nodes, totalCount } = await features({ first: 200, filter: { corpus: 'russian-messages' } });
    // The third corpus of the fixture; silent features act nowhere.
    expect(nodes.every(({ index }: any) => index % 3 === 2 && index < FIXTURE.firstDead)).toBe(true);
    expect(totalCount).toBe(63);
    expect((await features({ filter: { corpus: 'nowhere' } })).totalCount).toBe(0);
  });

  it('takes few statements for thirty rows with label, stat, corpora and an example each', async () => {
    const query = `{ dictionary(slug: "${FIXTURE.dictionary}") { features(first: 30, budget: 16, orderBy: { field: DENSITY }) { nodes {
      index label { text scores { value } } stat(budget: 16) { density histogram { counts } } corpora(budget: 16) { corpus { slug } density }
      examples(budget: 16, first: 1) { corpus { slug } tokens { text act } } topLogits(first: 3) { token } neighbours(first: 2) { feature { label { text } } }
    } } } }`;
    await ok(query);
    const send = vi.spyOn(pg.Client.prototype, 'query');
    const { dictionary } = await ok(query);
    const texts = send.mock.calls.map(([statement]) => (typeof statement === 'string' ? statement : (statement as { text: string }).text));
    send.mockRestore();
    expect(dictionary.features.nodes).toHaveLength(30);
    // dictionary, features, labels, scores, rates, corpora, examples, logits, neighbours, their features, their labels
    expect(texts.length, texts.join('\n\n')).toBe(11);
  });
});

describe('examples', () => {
  const EXAMPLES = `query ($index: Int!, $budget: Int, $interval: Int, $first: Int) { feature(dictionary: "${FIXTURE.dictionary}", index: $index) {
    maxAct intervals(budget: $budget) { interval lowerAct upperAct }
    examples(budget: $budget, interval: $interval, first: $first) { id interval isTop maxAct maxPosition start corpus { slug } tokens { text act rank bytes index } }
  } }`;
  const examples = async (variables: object) => (await ok(EXAMPLES, variables)).feature;

  it('show only acts whose rank is below the budget, the strongest window first', async () => {
    for (const budget of [64, 16, 4, 1]) {
      const { rows } = await test.client.query<{ window: string; act: number; rank: number }>(
        `select window_id as window, a.act, a.rank from example, unnest(acts, ranks) as a(act, rank)
         where dictionary_id = $1 and feature_index = 1 and a.rank < $2`,
        [test.ids.dictionary, budget],
      );
      const { examples: shown } = await examples({ index: 1, budget, first: 100 });
      expect(shown).toHaveLength(new Set(rows.map(({ window }) => window)).size);
      const acts = shown.flatMap(({ tokens }: any) => tokens.filter(({ act }: any) => act !== 0));
      expect(acts).toHaveLength(rows.length);
      for (const { rank } of acts) expect(rank).toBeLessThan(budget);
      const strongest = shown.map(({ maxAct }: any) => maxAct);
      expect(strongest).toEqual([...strongest].sort((a, b) => b - a));
      for (const { tokens, maxAct, maxPosition } of shown) {
        expect(maxAct).toBe(Math.max(...tokens.map(({ act }: any) => act)));
        expect(tokens[maxPosition].act).toBe(maxAct);
      }
    }
  });

  it('lie in the interval they are asked for, by their strongest act at the budget', async () => {
    let seen = 0;
    for (const budget of [64, 8]) {
      for (let interval = 0; interval < 5; interval++) {
        const { examples: shown, intervals } = await examples({ index: 1, budget, interval, first: 100 });
        seen += shown.length;
        const { lowerAct, upperAct } = intervals[interval];
        for (const example of shown) {
          expect(example.interval).toBe(interval);
          expect(example.maxAct).toBeGreaterThan(lowerAct);
          expect(example.maxAct).toBeLessThanOrEqual(upperAct * (1 + 1e-6));
        }
      }
    }
    const all = await Promise.all([64, 8].map((budget) => examples({ index: 1, budget, first: 100 })));
    expect(seen).toBe(all[0].examples.length + all[1].examples.length);
  });

  it('have an id of their own at every budget, so that a cache keeps them apart', async () => {
    const [wide, narrow] = await Promise.all([64, 16].map((budget) => examples({ index: 1, budget, first: 1 })));
    expect(wide.examples[0].id).not.toBe(narrow.examples[0].id);
  });

  it('carry the bytes of every token, so that a character cut in pieces can be joined', async () => {
    const texts: string[] = [];
    for (let index = 0; index < 20; index++) {
      const { examples: shown } = await examples({ index, first: 100 });
      for (const { tokens } of shown) texts.push(Buffer.from(tokens.map(({ bytes }: any) => bytes).join(''), 'hex').toString('utf8'));
    }
    expect(texts.some((text) => text.includes('🙂'))).toBe(true);
    expect(texts.some((text) => text.includes('Свойство'))).toBe(true);
  });

  it('of a silent feature are none', async () => {
    expect((await examples({ index: FIXTURE.firstDead })).examples).toEqual([]);
  });
});

describe('a feature', () => {
  it('knows its neighbours in the list', async () => {
    const query = `query ($index: Int!) { feature(dictionary: "${FIXTURE.dictionary}", index: $index) { previous { index } next { index } } }`;
    expect((await ok(query, { index: 0 })).feature).toEqual({ previous: null, next: { index: 1 } });
    expect((await ok(query, { index: 199 })).feature).toEqual({ previous: { index: 198 }, next: null });
  });

  it('has its stat at the largest budget where none is named, and none where the dictionary was not read out', async () => {
    const { feature } = await ok(`{ feature(dictionary: "${FIXTURE.dictionary}", index: 1) {
      density stat { budget density fireCount tokenCount } odd: stat(budget: 7) { budget } stats { budget } } }`);
    expect(feature.stat.budget).toBe(64);
    expect(feature.stat.density).toBe(feature.density);
    expect(feature.stat.fireCount / feature.stat.tokenCount).toBe(feature.density);
    expect(feature.odd).toBeNull();
    expect(feature.stats.map(({ budget }: any) => budget)).toEqual(FIXTURE.budgets);
  });

  it('takes the label with the best score, then the newest', async () => {
    const insert = `insert into label (dictionary_id, feature_index, explainer, version, text, created_at) values ($1, 5, $2, '1', $3, now() + $4) returning id`;
    const older = await test.client.query<{ id: number }>(insert, [test.ids.dictionary, 'careful', 'scored', '1 hour']);
    await test.client.query(insert, [test.ids.dictionary, 'quick', 'newest', '2 hours']);
    await test.client.query(
      `insert into score (label_id, scorer, version, status, value, example_count) values ($1, 'detection', '1', 'ok', 0.8, 20), ($1, 'fuzzing', '1', 'failed', null, 0)`,
      [older.rows[0].id],
    );
    const { feature } = await ok(`{ feature(dictionary: "${FIXTURE.dictionary}", index: 5) {
      label { text scores { scorer status value exampleCount } } labels { text } } }`);
    expect(feature.label).toEqual({
      text: 'scored',
      scores: [
        { scorer: 'detection', status: 'OK', value: 0.8, exampleCount: 20 },
        { scorer: 'fuzzing', status: 'FAILED', value: null, exampleCount: 0 },
      ],
    });
    expect(feature.labels.map(({ text }: any) => text).slice(0, 2)).toEqual(['scored', 'newest']);
  });
});

describe('the search', () => {
  it('puts exact labels first, pages through all, and finds nothing by nothing', async () => {
    const query = `query ($query: String!, $first: Int, $after: String) { searchFeatures(query: $query, first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { index density dictionary { slug } label { text } } } }`;
    const exact = await ok(query, { query: 'THE token “the”' });
    expect(exact.searchFeatures.nodes[0].label.text).toBe('the token “the”');
    const indexes: number[] = [];
    for (let after: string | null = null; ; ) {
      const { searchFeatures }: any = await ok(query, { query: 'token', first: 50, after });
      indexes.push(...searchFeatures.nodes.map(({ index }: any) => index));
      if (!searchFeatures.pageInfo.hasNextPage) {
        expect(indexes).toHaveLength(searchFeatures.totalCount);
        break;
      }
      after = searchFeatures.pageInfo.endCursor;
    }
    expect(new Set(indexes).size).toBe(indexes.length);
    expect((await ok(query, { query: '  ' })).searchFeatures).toMatchObject({ totalCount: 0, nodes: [] });
  });
});

describe('what is not published', () => {
  it('can be reached from nowhere', async () => {
    const { draft, dictionary } = test.ids;
    const label = draft * 100_000 + 1;
    const data = await ok(
      `query ($draft: ID!, $feature: ID!, $label: ID!) {
        bySlug: dictionary(slug: "${FIXTURE.draft}") { id }
        byId: node(id: $draft) { id }
        feature(dictionary: "${FIXTURE.draft}", index: 0) { index }
        featureById: node(id: $feature) { id }
        labelById: node(id: $label) { id }
        dictionaries { totalCount nodes { slug children { slug } } }
        models { nodes { dictionaries { totalCount nodes { slug } } } }
        runs { nodes { dictionaries { slug } } }
        searchFeatures(query: "token", first: 200) { totalCount nodes { dictionary { slug } } }
        inDraft: searchFeatures(query: "token", dictionary: "${FIXTURE.draft}") { totalCount }
      }`,
      { draft: encodeGlobalId('Dictionary', draft), feature: encodeGlobalId('Feature', `${draft}-0`), label: encodeGlobalId('Label', label) },
    );
    expect(data).toMatchObject({ bySlug: null, byId: null, feature: null, featureById: null, labelById: null, inDraft: { totalCount: 0 } });
    expect(JSON.stringify(data)).not.toContain(FIXTURE.draft);
    expect(data.dictionaries.totalCount).toBe(1);
    expect(data.models.nodes[0].dictionaries.totalCount).toBe(1);

    await test.client.query('update dictionary set parent_id = $2, published_at = null where id = $1', [dictionary, draft]);
    await test.client.query('update dictionary set published_at = now() where id = $1', [draft]);
    const swapped = await ok(`{ dictionary(slug: "${FIXTURE.draft}") { parent { slug } children { slug } } }`);
    await test.client.query('update dictionary set published_at = now(), parent_id = null where id = $1', [dictionary]);
    await test.client.query('update dictionary set published_at = null where id = $1', [draft]);
    expect(swapped.dictionary).toEqual({ parent: null, children: [] });
  });
});

describe('runs', () => {
  it('are found by global id, by slug and by number', async () => {
    const id = encodeGlobalId('Run', test.ids.finishedRun);
    for (const key of [id, FIXTURE.finishedRun, String(test.ids.finishedRun)]) {
      expect((await ok('query ($key: ID!) { run(id: $key) { slug } }', { key })).run).toEqual({ slug: FIXTURE.finishedRun });
    }
  });

  it('list newest first, by status where asked', async () => {
    const data = await ok('{ all: runs { totalCount nodes { slug } } running: runs(status: RUNNING, first: 1) { totalCount nodes { slug status } } }');
    expect(data.all.nodes.map(({ slug }: any) => slug)).toEqual([FIXTURE.runningRun, FIXTURE.finishedRun]);
    expect(data.running).toEqual({ totalCount: 1, nodes: [{ slug: FIXTURE.runningRun, status: 'RUNNING' }] });
  });

  it('give their points in pages by seq, all or of one metric', async () => {
    const query = `query ($after: Int, $name: String) { run(id: "${FIXTURE.finishedRun}") { lastSeq points(afterSeq: $after, first: 600, name: $name) { seq name step run { slug } } } }`;
    const { run } = await ok(query, { after: 100 });
    expect(run.lastSeq).toBe(1_250);
    expect(run.points.map(({ seq }: any) => seq)).toEqual(Array.from({ length: 600 }, (_, i) => 101 + i));
    const loss = (await ok(query, { name: 'loss' })).run.points;
    expect(loss).toHaveLength(250);
    expect(new Set(loss.map(({ name }: any) => name))).toEqual(new Set(['loss']));
  });
});

describe('node(id:)', () => {
  it('finds everything that has a global id', async () => {
    const data = await ok(`{ models { nodes { id } } corpora { id } dictionaries { nodes { id } } runs { nodes { id } }
      feature(dictionary: "${FIXTURE.dictionary}", index: 3) { id label { id } } }`);
    const ids = JSON.stringify(data).match(/(?<="id":")[^"]+/g)!;
    expect(ids).toHaveLength(9);
    for (const id of ids) {
      const { node } = await ok('query ($id: ID!) { node(id: $id) { __typename id } }', { id });
      expect(node.id).toBe(id);
      expect(Buffer.from(id, 'base64').toString()).toContain(`${node.__typename}:`);
    }
  });

  it('knows nothing of what was never an id', async () => {
    const odd = ['', 'x', '0', '🙂', encodeGlobalId('Run', 'abc'), encodeGlobalId('Run', '99999999999'), encodeGlobalId('Token', 1), encodeGlobalId('Feature', '1')];
    for (const id of odd) expect((await ok('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
  });
});

it('answers introspection', async () => {
  const { data } = await test.ask('{ __schema { queryType { name } } }');
  expect(data.__schema.queryType.name).toBe('Query');
  expect(codesOf(await test.ask('{ __schema { nothing } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});
