/** kill -9 of a real worker at ten random moments of training, read-out and publishing: the same bytes and the same rows. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';

import { createRng } from '../../compute/rng.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { enqueueRun } from '../../store/queue.ts';
import { loadRun } from '../../store/runs.ts';
import { demoConfig } from '../demo.ts';
import type { TrainSaeConfig } from '../train-sae/config.ts';
import { digestDatabase } from './database-digest.ts';
import { openWorkerProcess } from './worker-process.ts';

const SLUG = 'killed';
const RUN_TIMEOUT_MS = 240_000;
const POLL_MS = 10;

/** The demo in small: every phase is there, and long enough to be hit. */
const config: TrainSaeConfig = {
  ...demoConfig,
  slug: SLUG,
  features: 512,
  k: 16,
  budgets: [4, 8, 16],
  corpora: { 'english-prose': 0.7, 'russian-messages': 0.3 },
  contextLength: 64,
  trainTokens: 60_000,
  batchTokens: 512,
  bufferTokens: 4_096,
  readTokens: 20_000,
  metricTokens: 4_000,
  checkpointEverySteps: 7,
  reportEverySteps: 2,
};

/** Where to strike: the phase begins with the word; the moment inside it is drawn. */
const STRIKES = [
  'prepare',
  'harvest',
  'train',
  'train',
  'train',
  'train',
  'read-out',
  'read-out',
  'publish',
  'publish',
];
const MAX_DELAY_MS: Readonly<Record<string, number>> = {
  prepare: 500,
  harvest: 300,
  train: 1_500,
  'read-out': 1_000,
  publish: 250,
};

interface Outcome {
  readonly weights: string;
  readonly digest: Record<string, string>;
}

const seed = Number(process.env.KILL_SEED ?? Date.now() % 100_000);
const rng = createRng(seed);

class Site {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'residua-kill-'));
  readonly database: TestDatabase;
  readonly db: Database;

  constructor(database: TestDatabase) {
    this.database = database;
    this.db = openDatabase({ url: database.url });
  }

  static async open(): Promise<Site> {
    const site = new Site(await createTestDatabase());
    await enqueueRun(site.db, { slug: SLUG, kind: 'train-sae', name: 'Killed', config });
    return site;
  }

  async loadPhase(): Promise<string> {
    const { rows } = await this.db.query<{ phase: string; status: string }>(
      'SELECT phase, status FROM run WHERE slug = $1',
      [SLUG],
    );
    return rows[0].status === 'done' ? 'done' : rows[0].phase;
  }

  async waitUntil(isReached: (phase: string) => boolean): Promise<string> {
    for (const deadline = Date.now() + RUN_TIMEOUT_MS; ; await sleep(POLL_MS)) {
      const phase = await this.loadPhase();
      if (phase === 'done' || isReached(phase)) return phase;
      const run = await loadRun(this.db, SLUG);
      if (run?.status === 'failed') throw new Error(`the run failed: ${run.error}`);
      if (Date.now() > deadline) throw new Error(`still in phase "${phase}" after ${RUN_TIMEOUT_MS} ms`);
    }
  }

  async readOutcome(): Promise<Outcome> {
    const bytes = readFileSync(path.join(this.home, 'runs', SLUG, 'dictionary.safetensors'));
    return {
      weights: createHash('sha256').update(bytes).digest('hex'),
      digest: await digestDatabase(this.db),
    };
  }

  async close(): Promise<void> {
    await this.db.end();
    await this.database.drop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A worker left alone until the run has ended. */
async function runToEnd(site: Site): Promise<Outcome> {
  const worker = openWorkerProcess(site.database.url, site.home);
  await site
    .waitUntil(() => false)
    .catch(async (error: unknown) => {
      await worker.kill();
      throw error;
    });
  expect(await worker.stop()).toBe(0);
  return site.readOutcome();
}

/** Forgets the phase a dead worker left in the row, so that the next wait sees the living one's. */
async function forgetPhase(site: Site): Promise<void> {
  await site.db.query(`UPDATE run SET phase = '' WHERE slug = $1 AND status <> 'done'`, [SLUG]);
}

async function runStruck(site: Site): Promise<{ outcome: Outcome; struck: string[] }> {
  const struck: string[] = [];
  for (const target of STRIKES) {
    const worker = openWorkerProcess(site.database.url, site.home);
    await site.waitUntil((phase) => phase.startsWith(target));
    await sleep(rng.next() * MAX_DELAY_MS[target]);
    await worker.kill();
    struck.push(await site.loadPhase());
    await forgetPhase(site);
  }
  return { outcome: await runToEnd(site), struck };
}

describe(`a worker killed at ten random moments (KILL_SEED=${seed})`, () => {
  let calm: Site;
  let struck: Site;

  beforeAll(async () => {
    [calm, struck] = [await Site.open(), await Site.open()];
  });
  afterAll(async () => {
    await calm?.close();
    await struck?.close();
  });

  it('ends by itself with the same weights, bit for bit, and the same rows', async () => {
    const expected = await runToEnd(calm);
    const { outcome, struck: phases } = await runStruck(struck);
    console.log(`killed during: ${phases.join(', ')}`);
    expect(outcome).toEqual(expected);
    expect(expected.digest.dictionary).toMatch(/^1 rows/);
    expect(expected.digest.example).not.toMatch(/^0 rows/);
  });
});
