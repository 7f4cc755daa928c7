import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { openDatabase, type Database } from './database.ts';
import {
  cancelRun,
  claimRun,
  createRun,
  failRun,
  finishRun,
  loadRun,
  requeueRun,
  savePhase,
} from './runs.ts';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
});
afterAll(async () => {
  await db.end();
  await database.drop();
});

const newRun = (slug: string) => ({ slug, kind: 'train-sae', name: 'A run', config: { seed: 1, k: [4, 8] } });

test('asking twice for the same run gives the same run; with other settings it is refused', async () => {
  const first = await createRun(db, newRun('twice'));
  const second = await createRun(db, { ...newRun('twice'), config: { k: [4, 8], seed: 1 } });
  expect(first.isNew).toBe(true);
  expect(second).toEqual({ run: first.run, isNew: false });
  await expect(createRun(db, { ...newRun('twice'), config: { seed: 2 } })).rejects.toThrow(
    /Run twice exists with other settings: expected .*"seed":1.*, got .*"seed":2/,
  );
});

test('every change of status is told, with the highest seq', async () => {
  const listener = new pg.Client({ connectionString: database.url });
  const told: string[] = [];
  listener.on('notification', ({ payload }) => told.push(JSON.parse(payload ?? '').status));
  await listener.connect();
  await listener.query('LISTEN run_progress');
  const { id } = (await createRun(db, newRun('told'))).run;
  await claimRun(db, id);
  await savePhase(db, id, {
    phase: 'train',
    phaseStep: 1,
    phaseTotal: 10,
    step: 1,
    stepTotal: 10,
    backend: 'cpu',
  });
  await failRun(db, id, 'Out of memory: use fewer features.');
  await requeueRun(db, id);
  await claimRun(db, id);
  await finishRun(db, id);
  await listener.query('SELECT 1');
  await listener.end();
  expect(told).toEqual(['queued', 'running', 'running', 'failed', 'queued', 'running', 'done']);
});

test('a run can be claimed again while it runs, and not once it has ended', async () => {
  const { id } = (await createRun(db, newRun('claimed'))).run;
  expect(await claimRun(db, id)).toMatchObject({ status: 'running', config: { seed: 1, k: [4, 8] } });
  const { rows: first } = await db.query('SELECT started_at FROM run WHERE id = $1', [id]);
  expect(await claimRun(db, id)).toMatchObject({ status: 'running' });
  expect((await db.query('SELECT started_at FROM run WHERE id = $1', [id])).rows).toEqual(first);
  await finishRun(db, id);
  expect(await claimRun(db, id)).toBeUndefined();
  // The end stands: nothing that comes late changes it.
  await failRun(db, id, 'late');
  await cancelRun(db, id);
  await requeueRun(db, id);
  expect(await loadRun(db, 'claimed')).toMatchObject({ status: 'done', error: null });
});

test('a cancelled run is not claimed', async () => {
  const { id } = (await createRun(db, newRun('cancelled'))).run;
  await cancelRun(db, id);
  expect(await claimRun(db, id)).toBeUndefined();
});
