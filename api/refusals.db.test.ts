/** Bad input over HTTP and over a socket: the same code from both, and a server that is none the worse. */
import { createHash } from 'node:crypto';
import WebSocket from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FIXTURE } from './fixture.ts';
import { MAX_OPERATIONS_PER_SOCKET, MAX_REQUEST_BYTES } from './limits.ts';
import { ask, askSocket, codesOf, openSocket, openTestApi } from './testing.ts';
import type { TestApi } from './testing.ts';

let test: TestApi;
beforeAll(async () => {
  test = await openTestApi();
});
afterAll(() => test.close());
afterEach(async () => {
  const { data } = await test.ask(`{ dictionary(slug: "${FIXTURE.dictionary}") { slug } }`);
  expect(data.dictionary.slug).toBe(FIXTURE.dictionary);
});

const inFeatures = (args: string) =>
  `{ dictionary(slug: "${FIXTURE.dictionary}") { features(${args}) { totalCount } } }`;
const inFeature = (fields: string) =>
  `{ feature(dictionary: "${FIXTURE.dictionary}", index: 1) { ${fields} } }`;
const inBoost = (fields: string) => `{ dictionary(slug: "${FIXTURE.boosts[0].slug}") { ${fields} } }`;
const matches = (args: string, method = 'DECODER_COSINE') =>
  inBoost(`matches(other: "${FIXTURE.dictionary}", method: ${method}, ${args}) { pageInfo { endCursor } }`);
const nested = (depth: number) =>
  `{ dictionary(slug: "a") ${'{ parent '.repeat(depth - 2)}{ slug }${' }'.repeat(depth - 2)} }`;
const otherOrder = `query ($after: String) { dictionary(slug: "${FIXTURE.dictionary}") { features(first: 1, after: $after, orderBy: { field: DENSITY }) { totalCount } } }`;

const CASES: readonly [what: string, query: string, code: string, variables?: Record<string, unknown>][] = [
  ['first: 0', inFeatures('first: 0'), 'BAD_PAGE_SIZE'],
  ['a negative first', inFeatures('first: -5'), 'BAD_PAGE_SIZE'],
  ['first: 1e9', inFeatures('first: 1000000000'), 'BAD_PAGE_SIZE'],
  ['first: 1e10', inFeatures('first: 10000000000'), 'GRAPHQL_VALIDATION_FAILED'],
  ['last: 0', inFeatures('last: 0'), 'BAD_PAGE_SIZE'],
  ['first and last', inFeatures('first: 1, last: 1'), 'BAD_PAGE_SIZE'],
  ['first: 0 of examples', inFeature('examples(first: 0) { id }'), 'BAD_PAGE_SIZE'],
  ['first: 1e9 of logits', inFeature('topLogits(first: 1000000000) { token }'), 'BAD_PAGE_SIZE'],
  ['first: 1e9 of runs', '{ runs(first: 1000000000) { totalCount } }', 'BAD_PAGE_SIZE'],
  ['a broken cursor', inFeatures('first: 1, after: "not a cursor"'), 'BAD_CURSOR'],
  ['a broken cursor of runs', '{ runs(first: 1, after: "MTIz") { totalCount } }', 'BAD_CURSOR'],
  ['an impossible budget', inFeatures('budget: 65'), 'BAD_USER_INPUT'],
  ['an impossible budget of examples', inFeature('examples(budget: 0) { id }'), 'BAD_USER_INPUT'],
  [
    'a text too long to search for',
    `{ searchFeatures(query: "${'a'.repeat(201)}") { totalCount } }`,
    'BAD_USER_INPUT',
  ],
  ['first: 0 of trials', '{ trials(experiment: "boost", first: 0) { slug } }', 'BAD_PAGE_SIZE'],
  ["first: 1e9 of a dictionary's trials", inBoost('trials(first: 1000000000) { slug }'), 'BAD_PAGE_SIZE'],
  ['trials of no experiment', '{ trials { slug } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a NUL in an experiment', inBoost('trials(experiment: "\\u0000") { slug }'), 'BAD_USER_INPUT'],
  ['first: 51 of passages', inBoost('passages(first: 51) { id }'), 'BAD_PAGE_SIZE'],
  ['first: 0 of acts', inBoost('passages { tokens { base(first: 0) { act } } }'), 'BAD_PAGE_SIZE'],
  ['first: 501 of matches', matches('first: 501'), 'BAD_PAGE_SIZE'],
  ['first: 0 of the matches of a feature', inFeature('matches(first: 0) { value }'), 'BAD_PAGE_SIZE'],
  ['a rank below the first', matches('rank: -1'), 'BAD_USER_INPUT'],
  ['a broken cursor of matches', matches('after: "MTIz"'), 'BAD_CURSOR'],
  ['a method nobody knows', matches('first: 1', 'EUCLID'), 'GRAPHQL_VALIDATION_FAILED'],
  [
    'passages with every act and its label',
    inBoost(
      'passages(first: 50) { tokens { base(first: 64) { feature { label { text } } } boost(first: 64) { act } } }',
    ),
    'TOO_COSTLY',
  ],
  ['a NUL in a slug', '{ model(slug: "a\\u0000b") { id } }', 'BAD_USER_INPUT'],
  ['a NUL in a filter', inFeatures('filter: { label: "\\u0000" }'), 'BAD_USER_INPUT'],
  [
    'a variable of the wrong type',
    'query ($i: Int!) { feature(dictionary: "a", index: $i) { id } }',
    'BAD_USER_INPUT',
    { i: 'x' },
  ],
  ['a missing variable', 'query ($i: Int!) { feature(dictionary: "a", index: $i) { id } }', 'BAD_USER_INPUT'],
  ['a query 30 levels deep', nested(30), 'TOO_DEEP'],
  [
    'a query that could return millions',
    inFeatures('first: 500').replace('totalCount', 'nodes { examples(first: 100) { tokens { text } } }'),
    'TOO_COSTLY',
  ],
  [
    'a thousand aliases',
    `{ ${Array.from({ length: 200 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    'TOO_MANY_ALIASES',
  ],
  ['ten thousand tokens', `{ ${'__typename '.repeat(10_000)} }`, 'TOO_LARGE'],
  ['a 2 MB query', `{ ${'a'.repeat(2_000_000)} }`, 'TOO_LARGE'],
  ['what is not GraphQL', '{ runs(', 'GRAPHQL_PARSE_FAILED'],
  ['a field that does not exist', '{ weights }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'several operations and no name',
    'query A { __typename } query B { __typename }',
    'OPERATION_RESOLUTION_FAILURE',
  ],
];

describe.each(CASES)('%s', (_what, query, code, variables) => {
  it(`is refused over HTTP as ${code}`, async () => {
    const answer = await test.ask(query, variables);
    expect(codesOf(answer)).toEqual([code]);
    expect(answer.errors![0].message).not.toBe('');
  });

  it(`is refused over a socket as ${code}`, async () => {
    expect(codesOf(await askSocket(test.api, query, variables))).toEqual([code]);
  });
});

describe('over HTTP', () => {
  it('a cursor of another order is refused', async () => {
    const { data } = await test.ask(inFeatures('first: 1').replace('totalCount', 'pageInfo { endCursor }'));
    const after = data.dictionary.features.pageInfo.endCursor;
    expect(codesOf(await test.ask(otherOrder, { after }))).toEqual(['BAD_CURSOR']);
  });

  it('a cursor of other matches is refused', async () => {
    const { data } = await test.ask(matches('first: 1'));
    const after = `first: 1, after: "${data.dictionary.matches.pageInfo.endCursor}"`;
    expect(codesOf(await test.ask(matches(after)))).toEqual([]);
    expect(codesOf(await test.ask(matches(after, 'ENCODER_COSINE')))).toEqual(['BAD_CURSOR']);
    expect(codesOf(await test.ask(matches(`${after}, rank: 1`)))).toEqual(['BAD_CURSOR']);
    expect(codesOf(await test.ask(matches(`${after}, direction: ASC`)))).toEqual(['BAD_CURSOR']);
  });

  it('a body over the limit is 413 in JSON', async () => {
    const answer = await ask(test.api.url, { query: 'a'.repeat(MAX_REQUEST_BYTES) });
    expect(answer.status).toBe(413);
    expect(codesOf(answer)).toEqual(['TOO_LARGE']);
  });

  it('a body that is not a request is 400 in JSON', async () => {
    for (const body of [
      'junk',
      '{}',
      '[]',
      '[{"query":"{ __typename }"}]',
      'null',
      '{"query":7}',
      '{"query":"{ __typename }","variables":7}',
    ]) {
      const answer = await ask(test.api.url, body);
      expect(answer.status, body).toBe(400);
      expect(codesOf(answer), body).toEqual(['BAD_REQUEST']);
    }
  });

  it('unknown slugs, indexes and ids are null and no error', async () => {
    const answer =
      await test.ask(`{ dictionary(slug: "nothing") { id } model(slug: "") { id } run(id: "nothing") { id } negative: run(id: "-1") { id }
      far: run(id: "99999999999999") { id } node(id: "nothing") { id } feature(dictionary: "nothing", index: 0) { id }
      below: feature(dictionary: "${FIXTURE.dictionary}", index: -1) { id } above: feature(dictionary: "${FIXTURE.dictionary}", index: 2147483647) { id } }`);
    expect(answer.errors).toBeUndefined();
    expect(new Set(Object.values(answer.data))).toEqual(new Set([null]));
  });

  it('a query is remembered by its hash', async () => {
    const query = '{ corpora { slug } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    expect(codesOf(await ask(test.api.url, { extensions }))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    expect((await ask(test.api.url, { query, extensions })).data.corpora).toHaveLength(3);
    const address = `${test.api.url}?extensions=${encodeURIComponent(JSON.stringify(extensions))}`;
    const got = await fetch(address, { headers: { 'apollo-require-preflight': '1' } });
    expect(((await got.json()) as { data: { corpora: object[] } }).data.corpora).toHaveLength(3);
  });

  it('other sites may ask, and a browser that visits gets a page that loads nothing from elsewhere', async () => {
    const answer = await fetch(test.api.url, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    const page = await fetch(test.api.url, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(html).toContain('<title>');
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('the health check answers', async () => {
    const answer = await fetch(new URL('/healthz', test.api.url));
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });
});

describe('over a socket', () => {
  const FOLLOW = `subscription ($run: ID!, $afterSeq: Int) { runProgress(run: $run, afterSeq: $afterSeq) { seq } }`;

  it('a subscription to nothing, or from before the beginning, is refused', async () => {
    expect(codesOf(await askSocket(test.api, FOLLOW, { run: 'nothing' }))).toEqual(['NOT_FOUND']);
    expect(codesOf(await askSocket(test.api, FOLLOW, { run: FIXTURE.runningRun, afterSeq: -1 }))).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(codesOf(await askSocket(test.api, 'subscription { runChanged(run: "nothing") { id } }'))).toEqual([
      'NOT_FOUND',
    ]);
  });

  it('more operations than a socket may run are refused, and the rest go on', async () => {
    const client = openSocket(test.api);
    const refused: string[] = [];
    let followed = 0;
    await Promise.all(
      Array.from(
        { length: MAX_OPERATIONS_PER_SOCKET + 3 },
        () =>
          new Promise<void>((resolve) => {
            client.subscribe(
              { query: FOLLOW, variables: { run: FIXTURE.runningRun, afterSeq: 199 } },
              {
                next: () => (followed++, resolve()),
                error: (errors) => (refused.push(...codesOf({ errors: errors as never })), resolve()),
                complete: resolve,
              },
            );
          }),
      ),
    );
    await client.dispose();
    expect(refused).toEqual(Array(3).fill('TOO_MANY_OPERATIONS'));
    expect(followed).toBe(MAX_OPERATIONS_PER_SOCKET);
  });

  it('what is not the protocol ends that socket and no other', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue(); // graphql-ws tells of the frame that is too long
    const url = test.api.url.replace('http', 'ws');
    const closeOf = (say: (socket: WebSocket) => void) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(url, 'graphql-transport-ws');
        socket.on('open', () => say(socket));
        socket.on('close', resolve);
        socket.on('error', () => undefined);
      });
    expect(await closeOf((socket) => socket.send('junk'))).toBe(4400);
    expect(
      await closeOf((socket) =>
        socket.send('{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}'),
      ),
    ).toBe(4401);
    expect(await closeOf((socket) => socket.send('a'.repeat(5_000_000)))).toBe(1009);
    said.mockRestore();
  });
});
