/** `residua export` as a person runs it, and its files as others read them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';

import { saveDictionary } from '../../sae/format.ts';
import { importDictionary } from '../../sae/formats/import-dictionary.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { publish, type Publication } from '../../store/publish.ts';
import { createPublication } from '../../store/readout.fixture.ts';
import { checkout } from '../settings.ts';

const F = 12;
const D = 8;
const TIMEOUT_MS = 120_000;

let database: TestDatabase;
let db: Database;
let home: string;
let publication: Publication;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  home = mkdtempSync(path.join(os.tmpdir(), 'residua-export-'));
  publication = await publishDictionary();
});
afterEach(async () => {
  await db.end();
  await database.drop();
  rmSync(home, { recursive: true, force: true });
});

const rows_FD = Float32Array.from({ length: F * D }, (_, i) => ((i * 37) % 17) / 8 - 1);
const weights = {
  ...{ kind: 'hierarchical-topk' as const, width: F, hiddenWidth: D, k: 4, centred: true },
  ...{ encoder_FD: rows_FD, decoder_FD: rows_FD.map((value) => -value), normalisation: 'none' as const },
  ...{ encoderBias_F: new Float32Array(F).fill(0.5), decoderBias_D: new Float32Array(D).fill(0.25) },
  selection: { by: 'topk' as const, k: 4 },
};

async function publishDictionary(): Promise<Publication> {
  const folder = path.join(home, 'runs', 'one');
  mkdirSync(folder, { recursive: true });
  const { sha256 } = await saveDictionary(path.join(folder, 'dictionary.safetensors'), weights);
  const made = await createPublication(db, { width: F, examplesPerFeature: 2 }, 'one');
  const given = { ...made, provenance: { ...made.provenance, checkpointSha256: sha256 } };
  for await (const _ of publish(db, given)); // Its progress is nobody's concern here.
  return given;
}

function exportTo(folder: string, ...words: string[]) {
  return spawnSync(
    process.execPath,
    ['trainer/bin/residua.mjs', 'export', 'one', '--to', path.join(home, folder), ...words],
    {
      cwd: checkout,
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: database.url, RESIDUA_HOME: home },
    },
  );
}

async function readTable(folder: string, name: string) {
  const bytes = readFileSync(path.join(home, folder, `${name}.parquet`));
  const file = new Uint8Array(bytes).buffer;
  const facts = parquetMetadata(file).key_value_metadata ?? [];
  return {
    rows: await parquetReadObjects({ file }),
    facts: Object.fromEntries(facts.map(({ key, value }) => [key, value])),
  };
}

test(
  'Parquet holds every feature, level and label as they were published, and says what its columns mean',
  async () => {
    const { stderr, stdout } = exportTo('tables', '--format', 'parquet', '--budget', '2');
    expect(stderr).toBe('');
    expect(stdout).toContain('features.parquet: 12 rows');
    const { readout } = publication;

    const features = await readTable('tables', 'features');
    const stat = readout.featureLevels.filter(({ feature, budget }) => feature === 5 && budget === 2)[0];
    expect(features.rows).toHaveLength(F);
    expect(features.rows[5]).toMatchObject({
      ...{ feature: 5, label: readout.labels[5].text, label_score: 0.75, domain_share: null },
      ...{ fire_count: BigInt(stat.fireCount), density: stat.density, max_act: stat.maxAct },
      encoder_norm: readout.features[5].encoderNorm,
    });
    expect(features.rows[4].label_score).toBeNull();
    expect(features.facts).toMatchObject({ 'residua.dictionary': 'one', 'residua.budget': '2' });
    const meanings = JSON.parse(features.facts['residua.columns'] ?? '') as Record<string, string>;
    expect(Object.keys(meanings)).toEqual(Object.keys(features.rows[0]));

    const levels = await readTable('tables', 'levels');
    expect(levels.rows.map(({ feature, budget }) => [feature, budget])).toEqual(
      readout.featureLevels.map(({ feature, budget }) => [feature, budget]),
    );
    const labels = await readTable('tables', 'labels');
    expect(labels.rows.map(({ text, status }) => [text, status])).toEqual(
      readout.labels.map(({ text }, i) => [text, readout.scores[i].status]),
    );
  },
  TIMEOUT_MS,
);

test(
  'Parquet needs no weights; a budget that was not read out is refused with those that were',
  () => {
    rmSync(path.join(home, 'runs'), { recursive: true });
    expect(exportTo('tables', '--format', 'parquet').status).toBe(0);
    expect(exportTo('tables', '--format', 'parquet', '--budget', '3').stderr).toContain(
      '--budget: expected one of 1, 2, 4, which it was read out at, got 3',
    );
    expect(exportTo('lens', '--format', 'sae-lens').stderr).toMatch(
      /expected the weights of dictionary one, got no such/,
    );
  },
  TIMEOUT_MS,
);

test(
  'a SAELens directory comes back as the same dictionary at the budget asked for',
  async () => {
    expect(exportTo('lens', '--format', 'sae-lens', '--budget', '2', '--model-name', 'gpt2').status).toBe(0);
    const imported = await importDictionary(path.join(home, 'lens'));
    expect(imported).toMatchObject({
      modelName: 'gpt2',
      hookpoint: 'layers.1.residual.post',
      prependBos: false,
    });
    expect(imported.advertised).toMatchObject({ k: 2, l0: 2 });
    expect(imported.weights.encoder_FD).toEqual(weights.encoder_FD);
    expect(imported.weights.selection).toEqual({ by: 'topk', k: 2 });
  },
  TIMEOUT_MS,
);
