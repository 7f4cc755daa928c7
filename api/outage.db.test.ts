/** A Postgres of its own that is stopped and started again under a server that is asked and followed meanwhile. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyMigrations } from '@residua/prisma/migrate';
import { closePostgres, openPostgres, removePostgres } from '@residua/prisma/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './app.ts';
import { FIXTURE, insertFixture } from './fixture.ts';
import { insertFixturePoints } from './fixture-run.ts';
import type { Json } from './testing.ts';
import { ask, codesOf, collect, openSocket, openTestServer, SOON } from './testing.ts';

const home = mkdtempSync(join(tmpdir(), 'residua-outage-'));
let databaseUrl: string;
let api: Api;

beforeAll(async () => {
  databaseUrl = (await openPostgres({ home, durable: false })).url;
  await applyMigrations(databaseUrl);
  await withClient(insertFixture);
  api = await openTestServer(databaseUrl);
});
afterAll(async () => {
  await api.close();
  await removePostgres({ home });
});

async function withClient<Result>(act: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

const ASK = {
  query: `{ dictionary(slug: "${FIXTURE.dictionary}") { slug features(first: 1) { nodes { index } } } }`,
};
const FOLLOW = `subscription ($run: ID!, $afterSeq: Int) { runProgress(run: $run, afterSeq: $afterSeq) { seq } }`;

describe('a restart of Postgres', () => {
  it('is an error with a code while it lasts, and over when it is over; followers miss and repeat nothing', async () => {
    const client = openSocket(api);
    const seqs: number[] = [];
    const followed = collect<Json>(
      client,
      FOLLOW,
      { run: FIXTURE.runningRun },
      (values) => void seqs.push(values.at(-1).runProgress.seq),
    );
    await expect.poll(() => seqs.length, SOON).toBe(200);
    expect((await ask(api.url, ASK)).data.dictionary.slug).toBe(FIXTURE.dictionary);

    await closePostgres({ home });
    const away = await ask(api.url, ASK);
    expect([away.status, codesOf(away)]).toEqual([503, ['DATABASE_UNAVAILABLE']]);
    expect((await fetch(new URL('/healthz', api.url))).status).toBe(503);
    // Somebody who drops and comes back while it is away is served once it is there.
    const returned = collect<Json>(client, FOLLOW, { run: FIXTURE.runningRun, afterSeq: 150 });
    await sleep(500);

    const started = await openPostgres({ home, durable: false });
    expect(started.url).toBe(databaseUrl);
    await withClient(async (writer) => {
      const { rows } = await writer.query<{ id: number }>('select id from run where slug = $1', [
        FIXTURE.runningRun,
      ]);
      await insertFixturePoints(writer, rows[0].id, 40, 60);
      await writer.query(`update run set status = 'done', finished_at = now() where id = $1`, [rows[0].id]);
      await writer.query('select notify_run_progress(id, last_seq, status) from run where id = $1', [
        rows[0].id,
      ]);
    });
    const all = Array.from({ length: 300 }, (_, i) => i + 1);
    await followed;
    expect(seqs).toEqual(all);
    expect((await returned).map(({ runProgress }) => runProgress.seq)).toEqual(all.slice(150));
    expect((await ask(api.url, ASK)).data.dictionary.slug).toBe(FIXTURE.dictionary);
    await client.dispose();
  });
});

describe('a server that starts before its database', () => {
  it('answers with a code', async () => {
    const early = await openTestServer('postgresql://nobody:nothing@127.0.0.1:1/nowhere');
    const answer = await ask(early.url, ASK);
    expect([answer.status, codesOf(answer)]).toEqual([503, ['DATABASE_UNAVAILABLE']]);
    await early.close();
  });
});
