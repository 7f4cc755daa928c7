/** `residua import` as a person runs it: a SAELens directory for the demo's model, to published rows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';

import { exportSaeLens } from '../../sae/formats/export-sae-lens.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { digestDatabase } from '../journey/database-digest.ts';
import { checkout } from '../settings.ts';

const TIMEOUT_MS = 240_000;
const D = 256;
const K = 64;
const FLAGS =
  '--corpora russian-messages=1 --read-tokens 12000 --metric-tokens 2000 --context-length 64'.split(' ');

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'residua-import-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A feature for each coordinate and its negative: the 64 largest of 256 coordinates explain a good part of any text. */
async function writeSource(
  name: string,
  { scale = 1, modelName = 'residua-demo', width = D } = {},
): Promise<string> {
  const F = 2 * width;
  const encoder_FD = new Float32Array(F * width);
  for (let f = 0; f < F; f++) encoder_FD[f * width + (f % width)] = (f < width ? 1 : -1) * scale;
  const weights = {
    ...{ kind: 'topk' as const, width: F, hiddenWidth: width, k: K, encoder_FD, centred: false },
    ...{ encoderBias_F: new Float32Array(F), decoder_FD: encoder_FD, decoderBias_D: new Float32Array(width) },
    ...{ selection: { by: 'topk' as const, k: K }, normalisation: 'none' as const },
  };
  const to = path.join(folder, name);
  await exportSaeLens(weights, { modelName, hookpoint: 'layers.2.residual.post', prependBos: true }, to);
  return to;
}

class Site {
  readonly home: string;
  readonly database: TestDatabase;
  readonly db: Database;

  constructor(database: TestDatabase, name: string) {
    this.home = path.join(folder, name);
    this.database = database;
    this.db = openDatabase({ url: database.url });
  }

  static async open(name: string): Promise<Site> {
    return new Site(await createTestDatabase(), name);
  }

  start(...words: string[]) {
    return spawn(process.execPath, ['trainer/bin/residua.mjs', 'import', ...words, ...FLAGS], {
      cwd: checkout,
      env: { ...process.env, DATABASE_URL: this.database.url, RESIDUA_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(...words: string[]): Promise<{ status: number | null; output: string }> {
    const child = this.start(...words);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data));
    await once(child, 'close');
    return { status: child.exitCode, output };
  }

  async runKilledDuring(phase: string, ...words: string[]): Promise<void> {
    const child = this.start(...words);
    child.stdout.resume();
    child.stderr.resume();
    const gone = once(child, 'exit');
    const isOver = () => child.exitCode !== null;
    for (let isReached = false; !isReached && !isOver(); await sleep(10)) {
      const { rows } = await this.db
        .query<{ phase: string }>('SELECT phase FROM run')
        .catch(() => ({ rows: [] }));
      isReached = rows.some((row) => row.phase.startsWith(phase));
    }
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.db.end();
    await this.database.drop();
  }
}

test(
  'from files to published rows; killed twice it ends with the same ones; run again it changes nothing',
  async () => {
    const source = await writeSource('saes');
    const [calm, struck] = [await Site.open('calm'), await Site.open('struck')];
    try {
      const { status, output } = await calm.run(source, '--slug', 'coordinates');
      expect(output).toContain('published as coordinates');
      expect(status).toBe(0);
      const expected = await digestDatabase(calm.db);
      expect(expected.feature).toMatch(/^512 rows/);
      expect(expected.example).not.toMatch(/^0 rows/);
      const { rows } = await calm.db.query<{ ev: number; policy: string; files: string[] }>(
        `SELECT explained_variance AS ev, bos_policy AS policy, config #> '{imported,files}' AS files FROM dictionary
         JOIN provenance ON provenance.id = provenance_id JOIN sparsity_level ON dictionary_id = dictionary.id
         WHERE budget = ${K} AND published_at IS NOT NULL`,
      );
      expect(rows[0].ev).toBeGreaterThan(0.3);
      expect(rows[0].policy).toContain('end of text is read before every window');
      expect(rows[0].files).toHaveLength(2);

      for (const phase of ['read-out', 'publish'])
        await struck.runKilledDuring(phase, source, '--slug', 'coordinates');
      expect((await struck.run(source, '--slug', 'coordinates')).status).toBe(0);
      expect(await digestDatabase(struck.db)).toEqual(expected);

      const again = await struck.run(source, '--slug', 'coordinates');
      expect(again.output).toContain('run coordinates is done already');
      expect(await digestDatabase(struck.db)).toEqual(expected);
    } finally {
      await calm.close();
      await struck.close();
    }
  },
  TIMEOUT_MS,
);

test(
  'what cannot be right is refused: another model without a row, a wrong scale with the advice that mends it',
  async () => {
    const site = await Site.open('refused');
    try {
      const narrow = await site.run(await writeSource('narrow', { width: 64 }), '--slug', 'refused');
      expect(narrow.status).toBe(1);
      expect(narrow.output).toContain(
        'expected hidden states of width 256, as residua-demo has, got a dictionary of width 64',
      );
      const other = await site.run(await writeSource('other', { modelName: 'gpt2' }), '--slug', 'refused');
      expect(other.output).toMatch(
        /expected a dictionary of residua-demo, got one of gpt2.*--model-name gpt2/,
      );
      expect((await site.db.query('SELECT FROM run')).rows).toEqual([]);

      const loud = await writeSource('loud', { scale: 3 });
      const refused = await site.run(loud, '--slug', 'loud');
      expect(refused.status).toBe(1);
      expect(refused.output).toMatch(
        /self-check at layers\.2\.residual\.post speaks against it.*worse than the mean/,
      );
      expect((await site.db.query('SELECT FROM dictionary')).rows).toEqual([]);
      const taken = await site.run(loud, '--slug', 'loud', '--unchecked');
      expect(taken.output).toContain('unchecked: expected to explain some of the variance');
      expect(taken.status).toBe(0);
    } finally {
      await site.close();
    }
  },
  TIMEOUT_MS,
);
