import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { isPostgresUp, openPostgres, removePostgres } from '@residua/prisma/postgres';

import { openDatabase } from '../../store/database.ts';
import { keepPostgres } from './keep-postgres.ts';

let home: string;
beforeAll(() => void (home = mkdtempSync(path.join(os.tmpdir(), 'residua-keep-'))));
afterAll(() => removePostgres({ home }));

it('starts a server that was killed again, on the same port and with what was committed', async () => {
  const { url } = await openPostgres({ home });
  const before = openDatabase({ url, maxConnections: 1 });
  await before.query('CREATE TABLE kept AS SELECT 7 AS seven');
  const { rows } = await before.query<{ pid: string }>(`SELECT pg_read_file('postmaster.pid', 0, 20) AS pid`);
  const said: string[] = [];
  const stopLooking = keepPostgres(home, (text) => said.push(text));
  process.kill(Number(rows[0].pid.split('\n')[0]), 'SIGKILL');
  for (let tries = 0; tries < 300 && said.length === 0; tries++) await sleep(100);
  expect(said).toEqual(['Postgres had ended: it was started again']);
  await before.end().catch(() => undefined);
  const after = openDatabase({ url, maxConnections: 1 });
  expect((await after.query('SELECT seven FROM kept')).rows).toEqual([{ seven: 7 }]);
  await after.end();
  await stopLooking();
  expect(await isPostgresUp({ home })).toBe(true);
  expect(readFileSync(path.join(home, 'postgres.json'), 'utf8')).toContain(new URL(url).port);
});
