/** Subscriptions over a real socket and a real Postgres: late, dropped, with the listener killed, and with a stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFixtureRun, FIXTURE_METRICS, insertFixturePoints } from './fixture-run.ts';
import { Hub } from './live.ts';
import { collect, openSocket, openTestApi, openTestServer, SOON } from './testing.ts';
import type { Json, TestApi } from './testing.ts';

let test: TestApi;
beforeAll(async () => {
  test = await openTestApi();
});
afterAll(() => test.close());

const FOLLOW = `subscription ($run: ID!, $afterSeq: Int) { runProgress(run: $run, afterSeq: $afterSeq) { seq name step value run { slug status } } }`;
const PER_STEP = FIXTURE_METRICS.length;

interface Event {
  readonly runProgress: {
    readonly seq: number;
    readonly name: string;
    readonly step: number;
    readonly value: number;
  };
}

let runCount = 0;
async function startRun(steps: number): Promise<{ id: number; slug: string }> {
  const slug = `live-${runCount++}`;
  const id = await createFixtureRun(test.client, slug, 'running');
  await insertFixturePoints(test.client, id, 0, steps);
  return { id, slug };
}

async function endRun(id: number, client: pg.ClientBase = test.client): Promise<void> {
  await client.query(`update run set status = 'done', finished_at = now() where id = $1`, [id]);
  await client.query('select notify_run_progress(id, last_seq, status) from run where id = $1', [id]);
}

async function storedPoints(id: number): Promise<unknown[]> {
  const { rows } = await test.client.query(
    'select seq, name, step, value from metric_point where run_id = $1 order by seq',
    [id],
  );
  return rows;
}

const strip = (events: readonly Event[]) =>
  events.map(({ runProgress: { seq, name, step, value } }) => ({ seq, name, step, value }));

describe('runProgress', () => {
  it('ends with the same sequence for those who came early, late, and after the end', async () => {
    const { id, slug } = await startRun(3);
    const client = openSocket(test.api);
    const early = collect<Event>(client, FOLLOW, { run: slug });
    for (let step = 3; step < 20; step++) await insertFixturePoints(test.client, id, step, step + 1);
    const late = collect<Event>(client, FOLLOW, { run: slug });
    for (let step = 20; step < 40; step++) await insertFixturePoints(test.client, id, step, step + 1);
    await endRun(id);
    const stored = await storedPoints(id);
    expect(stored).toHaveLength(40 * PER_STEP);
    expect(strip(await early)).toEqual(stored);
    expect(strip(await late)).toEqual(stored);
    expect(strip(await collect<Event>(client, FOLLOW, { run: String(id) }))).toEqual(stored);
    await client.dispose();
  });

  it('goes on after a drop where the client was, with nothing missed or repeated', async () => {
    const { id, slug } = await startRun(2);
    const events: Event[] = [];
    const writing = (async () => {
      for (let step = 2; step < 60; step++) {
        await insertFixturePoints(test.client, id, step, step + 1);
        await sleep(5);
      }
      await endRun(id);
    })();
    // Drops after 30 points, again and again, each time with a socket of its own.
    for (;;) {
      const client = openSocket(test.api);
      const afterSeq = events.at(-1)?.runProgress.seq ?? 0;
      const part = await collect<Event>(
        client,
        FOLLOW,
        { run: slug, afterSeq },
        (values) => values.length === 30,
      );
      client.terminate();
      events.push(...part);
      if (part.length < 30) break;
    }
    await writing;
    expect(strip(events)).toEqual(await storedPoints(id));
  });

  it('misses nothing when the connection that listens is killed', async () => {
    const { id, slug } = await startRun(1);
    const client = openSocket(test.api);
    const all = collect<Event>(client, FOLLOW, { run: slug });
    let killedCount = 0;
    for (let step = 1; step < 30; step++) {
      if (step % 10 === 5) {
        const killed = await test.client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'residua-api-listen'`,
        );
        killedCount += killed.rowCount ?? 0;
      }
      await insertFixturePoints(test.client, id, step, step + 1);
      await sleep(40);
    }
    await endRun(id);
    expect(killedCount).toBeGreaterThan(0);
    expect(strip(await all)).toEqual(await storedPoints(id));
    await client.dispose();
  });

  it('misses nothing when every connection of the server is killed', async () => {
    const { id, slug } = await startRun(1);
    const client = openSocket(test.api);
    const all = collect<Event>(client, FOLLOW, { run: slug });
    for (let step = 1; step < 10; step++) {
      await test.client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'residua-api%'`,
      );
      await insertFixturePoints(test.client, id, step, step + 1);
      await sleep(60);
    }
    await endRun(id);
    expect(strip(await all)).toEqual(await storedPoints(id));
    await client.dispose();
  });

  it('carries the run as it is, and a run that failed ends it too', async () => {
    const { id, slug } = await startRun(1);
    const client = openSocket(test.api);
    const events = client.iterate<Json>({ query: FOLLOW, variables: { run: slug } });
    for (let i = 0; i < PER_STEP; i++) {
      expect((await events.next()).value.data.runProgress.run).toEqual({ slug, status: 'RUNNING' });
    }
    await test.client.query(
      `update run set status = 'failed', error = 'the loss is not finite', finished_at = now() where id = $1`,
      [id],
    );
    expect((await events.next()).done).toBe(true);
    await client.dispose();
  });
});

describe('runChanged', () => {
  it('starts with the present, follows phase and status, and ends with the run', async () => {
    const { id, slug } = await startRun(1);
    const client = openSocket(test.api);
    const states: string[] = [];
    const query = 'subscription ($run: ID!) { runChanged(run: $run) { phase status dictionaries { slug } } }';
    const all = collect<Json>(client, query, { run: slug }, (values) => {
      const { phase, status } = values.at(-1).runChanged;
      return void states.push(`${phase} ${status}`);
    });
    await expect.poll(() => states, SOON).toEqual(['train RUNNING']);
    for (const phase of ['read-out', 'publish']) {
      await test.client.query('update run set phase = $2 where id = $1', [id, phase]);
      await test.client.query('select notify_run_progress(id, last_seq, status) from run where id = $1', [
        id,
      ]);
      await expect.poll(() => states.at(-1), SOON).toBe(`${phase} RUNNING`);
    }
    await endRun(id);
    await all;
    expect(states).toEqual(['train RUNNING', 'read-out RUNNING', 'publish RUNNING', 'publish DONE']);
    await client.dispose();
  });
});

describe('the server', () => {
  it('stops within a second though sockets are open and subscribed', async () => {
    const { slug } = await startRun(1);
    const api = await openTestServer(test.databaseUrl);
    const client = openSocket(api);
    let codeOfClose = 0;
    client.on('closed', (event) => (codeOfClose = (event as { code: number }).code));
    await collect(client, FOLLOW, { run: slug }, () => true);
    const idle = client.iterate({ query: FOLLOW, variables: { run: slug, afterSeq: 1_000 } });
    const waiting = idle.next().catch(() => undefined);
    await sleep(100);
    const cut = new AbortController();
    await Promise.race([
      api.close(),
      sleep(1_500, undefined, { signal: cut.signal }).then(() => expect.fail('still open after 1.5 s')),
    ]);
    cut.abort();
    await waiting;
    expect(codeOfClose).toBe(1001);
    await expect(fetch(api.url)).rejects.toThrow();
  });

  it('leaves no listener behind once nobody follows', async () => {
    const { slug } = await startRun(1);
    const client = openSocket(test.api);
    await collect(client, FOLLOW, { run: slug }, () => true);
    await client.dispose();
    const listening = async () => {
      const { rows } = await test.client.query<{ query: string }>(
        `select query from pg_stat_activity where datname = current_database() and application_name = 'residua-api-listen'`,
      );
      return rows[0]?.query;
    };
    await expect.poll(listening, SOON).toBe('UNLISTEN "run_progress"');
  });
});

describe('the hub', () => {
  it('hands payloads to whom they are for, and wakes everyone after it was cut off', async () => {
    const hub = new Hub(test.databaseUrl, () => undefined);
    const heard: unknown[] = [];
    const close = await hub.listen('dictionary_published', (event) => heard.push(event));
    await test.client.query(`select notify_dictionary_published(7)`);
    await expect.poll(() => heard.at(-1), SOON).toEqual({ dictionary: 7 });
    await test.client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'LISTEN "dictionary_published"%'`,
    );
    const before = heard.length;
    await expect.poll(() => heard.length, SOON).toBeGreaterThan(before);
    expect(heard.at(-1)).toBeUndefined();
    close();
    await hub.close();
  });
});
