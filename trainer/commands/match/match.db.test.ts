/** `residua match` as a person runs it, on two published dictionaries of which one is the other in another order. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';

import { createRng } from '../../compute/rng.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import { saveDictionary } from '../../sae/format.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { publish } from '../../store/publish.ts';
import { createPublication } from '../../store/readout.fixture.ts';
import { checkout } from '../settings.ts';

const F = 12;
const D = 8;
const TIMEOUT_MS = 120_000;

let database: TestDatabase;
let db: Database;
let home: string;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  home = mkdtempSync(path.join(os.tmpdir(), 'residua-match-'));
});
afterEach(async () => {
  await db.end();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

const partnerOf = (feature: number): number => (5 * feature + 3) % F;

/** Row `place(f)` is the f-th of the same random rows, normalised. */
function createWeights(place: (feature: number) => number): DictionaryWeights {
  const rng = createRng(1);
  const rows_FD = new Float32Array(F * D);
  for (let f = 0; f < F; f++) {
    const row = Array.from({ length: D }, () => rng.normal());
    const norm = Math.hypot(...row);
    rows_FD.set(
      row.map((value) => value / norm),
      place(f) * D,
    );
  }
  return {
    ...{
      kind: 'topk',
      width: F,
      hiddenWidth: D,
      k: 4,
      encoder_FD: rows_FD,
      decoder_FD: rows_FD,
      centred: false,
    },
    ...{ encoderBias_F: new Float32Array(F), decoderBias_D: new Float32Array(D), normalisation: 'none' },
    selection: { by: 'topk', k: 4 },
  };
}

async function publishDictionary(slug: string, weights: DictionaryWeights): Promise<void> {
  const folder = path.join(home, 'runs', slug);
  mkdirSync(folder, { recursive: true });
  const { sha256 } = await saveDictionary(path.join(folder, 'dictionary.safetensors'), weights);
  const made = await createPublication(db, { width: F, examplesPerFeature: 2 }, slug);
  const publication = { ...made, provenance: { ...made.provenance, checkpointSha256: sha256 } };
  for await (const _ of publish(db, publication)); // Its progress is nobody's concern here.
}

function match(...words: string[]) {
  return spawnSync(process.execPath, ['trainer/bin/residua.mjs', 'match', ...words], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database.url, RESIDUA_HOME: home },
  });
}

async function loadEdges(from: string, to: string, method: string) {
  const { rows } = await db.query<{ feature: number; rank: number; other: number; value: number }>(
    `SELECT feature_index AS feature, rank, other_index AS other, value FROM feature_match
     JOIN dictionary a ON a.id = dictionary_id JOIN dictionary b ON b.id = other_dictionary_id
     WHERE (a.slug, b.slug, method) = ($1, $2, $3::match_method) ORDER BY 1, 2`,
    [from, to, method],
  );
  return rows;
}

test(
  'finds every feature again in the other order, from both sides, and the same when done twice',
  async () => {
    await publishDictionary(
      'one',
      createWeights((f) => f),
    );
    await publishDictionary('two', createWeights(partnerOf));
    const first = match('one', 'two');
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('one-to-one: 12 of 12 features of one have a partner at 0.7 or above');
    for (const method of ['decoder_cosine', 'encoder_cosine', 'one_to_one']) {
      const edges = await loadEdges('one', 'two', method);
      const best = edges.filter(({ rank }) => rank === 0);
      expect(best.map(({ other }) => other)).toEqual(best.map(({ feature }) => partnerOf(feature)));
      for (const { value } of best) expect(value).toBeCloseTo(1, 5);
      expect(edges).toHaveLength(method === 'one_to_one' ? F : 3 * F);
      const back = (await loadEdges('two', 'one', method)).filter(({ rank }) => rank === 0);
      for (const { feature, other } of back) expect(partnerOf(other)).toBe(feature);
    }
    const before = await db.query('SELECT * FROM feature_match ORDER BY 1, 2, 3, 4, 5');
    expect(match('one', 'two').status).toBe(0);
    expect((await db.query('SELECT * FROM feature_match ORDER BY 1, 2, 3, 4, 5')).rows).toEqual(before.rows);
  },
  TIMEOUT_MS,
);

test(
  'says what is missing: a dictionary nobody published, weights of another machine, two of different width',
  async () => {
    await publishDictionary(
      'one',
      createWeights((f) => f),
    );
    expect(match('one', 'three').stderr).toMatch(
      /There is no published dictionary three: expected one of one/,
    );
    expect(match('one', 'one').stderr).toMatch(/expected two dictionaries, got one twice/);
    await publishDictionary('two', createWeights(partnerOf));
    rmSync(path.join(home, 'runs', 'two'), { recursive: true });
    expect(match('one', 'two').stderr).toMatch(/expected the weights of dictionary two, got no such file/);
    const narrow = { ...createWeights((f) => f), hiddenWidth: D / 2, decoderBias_D: new Float32Array(D / 2) };
    const half = narrow.encoder_FD.slice(0, (F * D) / 2);
    await publishDictionary('narrow', { ...narrow, encoder_FD: half, decoder_FD: half });
    expect(match('one', 'narrow').stderr).toMatch(
      /expected hidden states of one width, got 8 of one and 4 of narrow/,
    );
    expect((await db.query('SELECT FROM feature_match')).rows).toEqual([]);
  },
  TIMEOUT_MS,
);
