/** A database and a home of their own, in which tests let handlers of runs work as a worker would, and stop them midway. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createTestDatabase } from '@residua/prisma/testing';
import { openDatabase, type Database } from '../store/database.ts';
import type { RunHandler } from '../store/queue.ts';
import { claimRun, createRun, finishRun, type NewRun } from '../store/runs.ts';
import { readSettings, type Settings } from './settings.ts';

/** Of what takes seconds where nobody else computes: only a hang is to end a test. */
export const PATIENCE_MS = 900_000;

export interface HandledRuns {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly home: string;
  readonly settings: Settings;
  /** The run of that slug, new or gone on with, until it is finished or throws. */
  handle(handler: RunHandler<Settings>, asked: NewRun, signal?: AbortSignal): Promise<void>;
  /** Aborts as soon as the run's row shows a training step of at least this. */
  abortAtStep(slug: string, step: number): AbortSignal;
  close(): Promise<void>;
}

export async function openHandledRuns(): Promise<HandledRuns> {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url });
  const home = await mkdtemp(path.join(os.tmpdir(), 'residua-runs-'));
  const settings = { ...readSettings(), home };
  const timers = new Set<NodeJS.Timeout>();
  return {
    ...{ db, databaseUrl: database.url, home, settings },
    async handle(handler, asked, signal = new AbortController().signal) {
      const { run } = await createRun(db, asked);
      await handler((await claimRun(db, run.id)) ?? run, { db, settings, signal });
      await finishRun(db, run.id);
    },
    abortAtStep(slug, step) {
      const abort = new AbortController();
      const timer = setInterval(() => {
        void db.query<{ step: number }>('SELECT step FROM run WHERE slug = $1', [slug]).then(({ rows }) => {
          if (!rows[0] || rows[0].step < step) return;
          clearInterval(timer);
          abort.abort(new Error('stopped'));
        });
      }, 10);
      timers.add(timer);
      return abort.signal;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      await db.end();
      await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
