import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunId } from '@residua/prisma/ids';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { openDatabase, type Database } from './database.ts';
import { insertMetricPoints, type MetricPoint } from './metric-points.ts';
import { createRun } from './runs.ts';

let database: TestDatabase;
let db: Database;
let run: RunId;
let runCount = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
});
afterAll(async () => {
  await db.end();
  await database.drop();
});
beforeEach(async () => {
  run = (await createRun(db, { slug: `run-${runCount++}`, kind: 'test', name: 'Run', config: {} })).run.id;
});

const at = (step: number, name = 'loss'): MetricPoint => ({ name, step, value: 1 / (step + 1) });

async function loadPoints(): Promise<{ seq: number; name: string; step: number; value: number }[]> {
  const { rows } = await db.query(
    'SELECT seq, name, step, value FROM metric_point WHERE run_id = $1 ORDER BY seq',
    [run],
  );
  return rows;
}

test('numbers points 1, 2, 3, ... in the order in which they were given', async () => {
  expect(await insertMetricPoints(db, run, [at(0), at(0, 'ev'), at(1)])).toBe(3);
  expect(await insertMetricPoints(db, run, [at(2)])).toBe(4);
  expect(await loadPoints()).toEqual([
    { seq: 1, name: 'loss', step: 0, value: 1 },
    { seq: 2, name: 'ev', step: 0, value: 1 },
    { seq: 3, name: 'loss', step: 1, value: 0.5 },
    { seq: 4, name: 'loss', step: 2, value: 1 / 3 },
  ]);
});

test('a run that repeats its last steps after a crash changes nothing, even where the values differ', async () => {
  await insertMetricPoints(db, run, [at(0), at(1), at(2)]);
  const before = await loadPoints();
  expect(await insertMetricPoints(db, run, [at(1), { ...at(2), value: 99 }])).toBe(3);
  expect(await loadPoints()).toEqual(before);
  // What is new in a batch that is partly old gets the next number, without a gap.
  expect(await insertMetricPoints(db, run, [at(2), at(3), at(3)])).toBe(4);
  expect((await loadPoints()).map(({ seq, step }) => [seq, step])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
  ]);
});

test('stays without gaps and in commit order while two writers and a reader are at it', async () => {
  const batches = 40;
  const write = async (name: string): Promise<void> => {
    for (let batch = 0; batch < batches; batch++) {
      await insertMetricPoints(db, run, [at(batch * 2, name), at(batch * 2 + 1, name)]);
    }
  };
  let isWriting = true;
  const read = async (): Promise<number[]> => {
    const seen: number[] = [];
    // A reader that asks for what comes after the last seq it knows must meet every number.
    for (let isLast = false; !isLast;) {
      isLast = !isWriting;
      const { rows } = await db.query(
        'SELECT seq FROM metric_point WHERE run_id = $1 AND seq > $2 ORDER BY seq',
        [run, seen.at(-1) ?? 0],
      );
      seen.push(...rows.map(({ seq }) => seq));
    }
    return seen;
  };
  const reading = read();
  await Promise.all([write('loss'), write('ev')]);
  isWriting = false;
  expect(await reading).toEqual(Array.from({ length: batches * 4 }, (_, index) => index + 1));
});

test('a batch whose transaction fails takes no number', async () => {
  await insertMetricPoints(db, run, [at(0)]);
  const broken = [at(1), { ...at(2), name: null as unknown as string }];
  await expect(insertMetricPoints(db, run, broken)).rejects.toThrow();
  expect(await insertMetricPoints(db, run, [at(1)])).toBe(2);
});

test('tells listeners once for each batch that brought something new', async () => {
  const listener = new pg.Client({ connectionString: database.url });
  const told: unknown[] = [];
  listener.on('notification', ({ payload }) => told.push(JSON.parse(payload ?? '')));
  await listener.connect();
  await listener.query('LISTEN run_progress');
  await insertMetricPoints(db, run, [at(0), at(1)]);
  await insertMetricPoints(db, run, [at(1)]);
  await insertMetricPoints(db, run, [at(2)]);
  await listener.query('SELECT 1');
  await listener.end();
  expect(told).toEqual([
    { run, lastSeq: 2, status: 'queued' },
    { run, lastSeq: 3, status: 'queued' },
  ]);
});

test('refuses numbers that are not finite and runs that do not exist', async () => {
  await expect(insertMetricPoints(db, run, [{ name: 'loss', step: 3, value: NaN }])).rejects.toThrow(
    /Metric loss at step 3 is NaN: expected a finite number/,
  );
  await expect(insertMetricPoints(db, 999_999 as RunId, [at(0)])).rejects.toThrow('There is no run 999999');
});
