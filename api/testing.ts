/** What the tests of the API share: an API over a fresh database with the fixture, and clients that speak to it. */
import { createTestDatabase } from '@residua/prisma/testing';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import pg from 'pg';
import pino from 'pino';
import { vi } from 'vitest';
import WebSocket from 'ws';
import { openApi } from './app.ts';
import type { Api } from './app.ts';
import { insertFixture } from './fixture.ts';
import type { FixtureIds } from './fixture.ts';
import type { FeedTimes } from './run-feed.ts';

/** What an answer holds; the expectations are its type. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly data?: Json;
  readonly errors?: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; id?: string };
  }[];
}

export interface TestApi {
  readonly api: Api;
  readonly databaseUrl: string;
  /** A connection of the test's own. */
  readonly client: pg.Client;
  readonly ids: FixtureIds;
  ask(query: string, variables?: object): Promise<Answer>;
  close(): Promise<void>;
}

/** Quick polls: tests do not wait two seconds for what a poll brings. */
export const TEST_TIMES: FeedTimes = { pollMs: 500, gapMs: 5, patienceMs: 60_000 };

export async function openTestApi(): Promise<TestApi> {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const ids = await insertFixture(client);
  const api = await openTestServer(database.url);
  return {
    api,
    client,
    ids,
    databaseUrl: database.url,
    ask: (query, variables) => ask(api.url, { query, variables }),
    async close() {
      await api.close();
      await client.end();
      await database.drop();
    },
  };
}

export function openTestServer(databaseUrl: string): Promise<Api> {
  return openApi({
    databaseUrl,
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    feedTimes: TEST_TIMES,
  });
}

export async function ask(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

/** The statements that reach the database while something is asked, of Prisma and of the loaders alike. */
export async function collectStatements(act: () => Promise<unknown>): Promise<string[]> {
  const send = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await act();
    return send.mock.calls.map(([statement]) =>
      typeof statement === 'string' ? statement : (statement as { text: string }).text,
    );
  } finally {
    send.mockRestore();
  }
}

/** Codes of an answer's errors. */
export const codesOf = ({ errors }: Pick<Answer, 'errors'>): string[] =>
  (errors ?? []).map(({ extensions }) => extensions.code);

export function openSocket(api: Api): Client {
  return createClient({
    url: api.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
  });
}

/** Everything an operation sends until it is over, or until there is enough. */
export async function collect<Data = Json>(
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
  isEnough: (values: Data[]) => boolean | void = () => false,
): Promise<Data[]> {
  const values: Data[] = [];
  for await (const { data, errors } of client.iterate<Data>({ query, variables })) {
    if (errors) throw errors;
    values.push(data!);
    if (isEnough(values)) break;
  }
  return values;
}

/** One operation over a socket; errors that end it are part of the answer. */
export async function askSocket(
  api: Api,
  query: string,
  variables?: Record<string, unknown>,
): Promise<Pick<Answer, 'data' | 'errors'>> {
  const client = openSocket(api);
  try {
    for await (const result of client.iterate({ query, variables })) return result as Answer;
    return {};
  } catch (errors) {
    if (!Array.isArray(errors)) throw errors;
    return { errors };
  } finally {
    await client.dispose();
  }
}

/** expect.poll: what must happen soon, on however busy a machine. */
export const SOON = { timeout: 20_000, interval: 20 };
