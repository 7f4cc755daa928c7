import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { encodeGlobalId } from './global-id.ts';
import { codesOf, openTestApi } from './testing.ts';
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
      const acts = shown.flatMap(({ tokens }: Json) => tokens.filter(({ act }: Json) => act !== 0));
      expect(acts).toHaveLength(rows.length);
      for (const { rank } of acts) expect(rank).toBeLessThan(budget);
      const strongest = shown.map(({ maxAct }: Json) => maxAct);
      expect(strongest).toEqual([...strongest].sort((a, b) => b - a));
      for (const { tokens, maxAct, maxPosition } of shown) {
        expect(maxAct).toBe(Math.max(...tokens.map(({ act }: Json) => act)));
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
          expect(example.maxAct).toBeLessThanOrEqual(upperAct);
        }
      }
    }
    const all = await Promise.all([64, 8].map((budget) => examples({ index: 1, budget, first: 100 })));
    expect(seen).toBe(all[0].examples.length + all[1].examples.length);
  });

  it('have an id of their own at every budget, so that a cache keeps them apart', async () => {
    const [wide, narrow] = await Promise.all(
      [64, 16].map((budget) => examples({ index: 1, budget, first: 1 })),
    );
    expect(wide.examples[0].id).not.toBe(narrow.examples[0].id);
  });

  it('carry the bytes of every token, so that a character cut in pieces can be joined', async () => {
    const texts: string[] = [];
    for (let index = 0; index < 20; index++) {
      const { examples: shown } = await examples({ index, first: 100 });
      for (const { tokens } of shown)
        texts.push(Buffer.from(tokens.map(({ bytes }: Json) => bytes).join(''), 'hex').toString('utf8'));
    }
    expect(texts.some((text) => text.includes('🙂'))).toBe(true);
    expect(texts.some((text) => text.includes('Свойство'))).toBe(true);
  });

  it('of a silent feature are none', async () => {
    expect((await examples({ index: FIXTURE.firstDead })).examples).toEqual([]);
  });
});

describe('a feature', () => {
  it('gives the bytes of the tokens it makes likelier, as their text or in place of it', async () => {
    const query = `{ feature(dictionary: "${FIXTURE.dictionary}", index: 1) { topLogits(first: 100) { token bytes } } }`;
    const { topLogits } = (await ok(query)).feature;
    expect(topLogits.length).toBeGreaterThan(0);
    for (const { token, bytes } of topLogits) expect(Buffer.from(bytes, 'hex').toString('utf8')).toBe(token);
  });

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
    expect(feature.stats.map(({ budget }: Json) => budget)).toEqual(FIXTURE.budgets);
  });

  it('takes the label with the best score, then the newest', async () => {
    const insert = `insert into label (dictionary_id, feature_index, explainer, version, text, created_at) values ($1, 5, $2, '1', $3, now() + $4) returning id`;
    const older = await test.client.query<{ id: number }>(insert, [
      test.ids.dictionary,
      'careful',
      'scored',
      '1 hour',
    ]);
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
    expect(feature.labels.map(({ text }: Json) => text).slice(0, 2)).toEqual(['scored', 'newest']);
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
        trials(experiment: "boost") { dictionary { slug } base { slug } }
        dictionary(slug: "${FIXTURE.dictionary}") {
          matchedDictionaries { slug } trials { dictionary { slug } }
          matches(other: "${FIXTURE.draft}", method: DECODER_COSINE) { totalCount }
          matchSummary(other: "${FIXTURE.draft}", method: DECODER_COSINE) { count }
          feature(index: 0) { matches { other { dictionary { slug } } } inDraft: matches(other: "${FIXTURE.draft}") { value } }
        }
        inDraft: searchFeatures(query: "token", dictionary: "${FIXTURE.draft}") { totalCount }
      }`,
      {
        draft: encodeGlobalId('Dictionary', draft),
        feature: encodeGlobalId('Feature', `${draft}-0`),
        label: encodeGlobalId('Label', label),
      },
    );
    expect(data).toMatchObject({
      bySlug: null,
      byId: null,
      feature: null,
      featureById: null,
      labelById: null,
      inDraft: { totalCount: 0 },
      dictionary: { matches: { totalCount: 0 }, matchSummary: null, feature: { inDraft: [] } },
    });
    expect(JSON.stringify(data)).not.toContain(FIXTURE.draft);
    // The dictionary and its two boosts.
    expect(data.dictionaries.totalCount).toBe(3);
    expect(data.models.nodes[0].dictionaries.totalCount).toBe(3);

    await test.client.query('update dictionary set parent_id = $2, published_at = null where id = $1', [
      dictionary,
      draft,
    ]);
    await test.client.query('update dictionary set published_at = now() where id = $1', [draft]);
    const swapped = await ok(
      `{ dictionary(slug: "${FIXTURE.draft}") { parent { slug } children { slug } } }`,
    );
    await test.client.query('update dictionary set published_at = now(), parent_id = null where id = $1', [
      dictionary,
    ]);
    await test.client.query('update dictionary set published_at = null where id = $1', [draft]);
    expect(swapped.dictionary).toEqual({ parent: null, children: [] });
  });
});

describe('runs', () => {
  it('are found by global id, by slug and by number', async () => {
    const id = encodeGlobalId('Run', test.ids.finishedRun);
    for (const key of [id, FIXTURE.finishedRun, String(test.ids.finishedRun)]) {
      expect((await ok('query ($key: ID!) { run(id: $key) { slug } }', { key })).run).toEqual({
        slug: FIXTURE.finishedRun,
      });
    }
  });

  it('list newest first, by status where asked', async () => {
    const data = await ok(
      '{ all: runs { totalCount nodes { slug } } running: runs(status: RUNNING, first: 1) { totalCount nodes { slug status } } }',
    );
    expect(data.all.nodes.map(({ slug }: Json) => slug)).toEqual([FIXTURE.runningRun, FIXTURE.finishedRun]);
    expect(data.running).toEqual({ totalCount: 1, nodes: [{ slug: FIXTURE.runningRun, status: 'RUNNING' }] });
  });

  it('give their points in pages by seq, all or of one metric', async () => {
    const query = `query ($after: Int, $name: String) { run(id: "${FIXTURE.finishedRun}") { lastSeq points(afterSeq: $after, first: 600, name: $name) { seq name step run { slug } } } }`;
    const { run } = await ok(query, { after: 100 });
    expect(run.lastSeq).toBe(1_250);
    expect(run.points.map(({ seq }: Json) => seq)).toEqual(Array.from({ length: 600 }, (_, i) => 101 + i));
    const loss = (await ok(query, { name: 'loss' })).run.points;
    expect(loss).toHaveLength(250);
    expect(new Set(loss.map(({ name }: Json) => name))).toEqual(new Set(['loss']));
  });
});

describe('node(id:)', () => {
  it('finds everything that has a global id', async () => {
    const data =
      await ok(`{ models { nodes { id } } corpora { id } dictionaries { nodes { id } } runs { nodes { id } }
      trials(experiment: "boost", first: 1) { id } feature(dictionary: "${FIXTURE.dictionary}", index: 3) { id label { id } } }`);
    const ids = JSON.stringify(data).match(/(?<="id":")[^"]+/g)!;
    expect(ids).toHaveLength(12);
    for (const id of ids) {
      const { node } = await ok('query ($id: ID!) { node(id: $id) { __typename id } }', { id });
      expect(node.id).toBe(id);
      expect(Buffer.from(id, 'base64').toString()).toContain(`${node.__typename}:`);
    }
  });

  it('knows nothing of what was never an id', async () => {
    const odd = [
      '',
      'x',
      '0',
      '🙂',
      encodeGlobalId('Run', 'abc'),
      encodeGlobalId('Run', '99999999999'),
      encodeGlobalId('Token', 1),
      encodeGlobalId('Feature', '1'),
    ];
    for (const id of odd)
      expect((await ok('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
  });
});

it('answers introspection', async () => {
  const { data } = await test.ask('{ __schema { queryType { name } } }');
  expect(data.__schema.queryType.name).toBe('Query');
  expect(codesOf(await test.ask('{ __schema { nothing } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
});
