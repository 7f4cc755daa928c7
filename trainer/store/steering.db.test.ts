import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { createSteering } from '../../api/fixture-steering.ts';
import type { Analysis, VectorRecord } from '../steering/record.ts';
import { openDatabase, type Database } from './database.ts';
import { createPublication } from './readout.fixture.ts';
import { linkVectors, loadAnalyses, loadVectors, saveAnalysis, saveVector } from './steering.ts';

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
});
afterEach(async () => {
  await db.end();
  await database.drop();
});

const made = createSteering();
const vectors = made.vectors as readonly VectorRecord[];
const analyses = made.analyses as unknown as readonly Analysis[];
const ALL = 'fixture-model/all-seed-1';
const [single, all, adaptive] = ['fixture-model/layer-2-seed-1', ALL, 'fixture-model/adaptive-2-seed-1'].map(
  (slug) => vectors.find((vector) => vector.slug === slug)!,
);
const ofAll = analyses.filter(({ vector }) => vector === ALL);
const here = { run: null, isRecorded: false };
const recorded = { run: null, isRecorded: true };

/** Values as the float32 numbers that are stored. */
const rounded = (vector: VectorRecord) => ({
  ...vector,
  layers: vector.layers.map((layer) => ({
    ...layer,
    values: layer.values.map(Math.fround),
    ...(layer.readOut ? { readOut: layer.readOut.map(Math.fround) } : {}),
  })),
});
const load = async (...slugs: string[]) =>
  (await loadVectors(db, slugs.length > 0 ? { slugs } : {})).map(rounded);

test('a set saved twice is one, and comes back as it was', async () => {
  for (const vector of [all, adaptive, all, adaptive]) expect(await saveVector(db, vector, here)).toBe(true);
  expect(await load()).toEqual([adaptive, all].map(rounded));
  expect(await load(ALL)).toEqual([rounded(all)]);
  expect(await loadVectors(db, { model: 'another' })).toEqual([]);
  const stored = await loadVectors(db);
  for (const vector of stored) await saveVector(db, vector, here);
  expect(await loadVectors(db)).toEqual(stored);
});

test('every kind of analysis comes back as it was, and one saved twice is one', async () => {
  for (const vector of vectors) await saveVector(db, vector, here);
  for (const analysis of [...analyses, ...analyses])
    expect(await saveAnalysis(db, analysis, here)).toBe(true);
  const stored = await loadAnalyses(db);
  const key = ({ vector, kind }: Analysis) => `${vector} ${kind}`;
  expect(stored.map(key)).toEqual(analyses.map(key).sort());
  for (const analysis of analyses) expect(stored.find((row) => key(row) === key(analysis))).toEqual(analysis);
  expect(await loadAnalyses(db, { slugs: [ALL], kind: 'cosines' })).toHaveLength(1);
});

test('what was trained here replaces what was recorded, and not the other way round', async () => {
  await saveVector(db, { ...all, name: 'recorded' }, recorded);
  expect(await saveVector(db, { ...all, name: 'here' }, here)).toBe(true);
  expect(await saveVector(db, { ...all, name: 'recorded' }, recorded)).toBe(false);
  expect((await load()).map(({ name }) => name)).toEqual(['here']);
  // What was found out about the recorded set may not be true of this one.
  expect(await saveAnalysis(db, ofAll[0], recorded)).toBe(false);
  expect(await saveAnalysis(db, ofAll[0], here)).toBe(true);
  expect(await loadAnalyses(db)).toHaveLength(1);
});

test('an analysis made here replaces a recorded one, and not the other way round', async () => {
  const [analysis] = ofAll;
  const paperOf = async () => (await loadAnalyses(db))[0].paper;
  await saveVector(db, all, recorded);
  await saveAnalysis(db, { ...analysis, paper: [] }, recorded);
  const figure = { name: 'here', unit: 'nats', value: 1, text: '', source: '' } as const;
  expect(await saveAnalysis(db, { ...analysis, paper: [figure] }, here)).toBe(true);
  expect(await saveAnalysis(db, { ...analysis, paper: [] }, recorded)).toBe(false);
  expect(await paperOf()).toEqual([figure]);
});

test('analyses go with the vectors they speak of, and stay with vectors that are the same', async () => {
  await saveVector(db, all, recorded);
  for (const analysis of ofAll) await saveAnalysis(db, analysis, recorded);
  await saveVector(db, { ...all, name: 'another name' }, here);
  expect(await loadAnalyses(db)).toHaveLength(ofAll.length);
  const [first, ...rest] = all.layers;
  const moved = { ...first, values: first.values.map((value, at) => (at === 7 ? value + 0.5 : value)) };
  await saveVector(db, { ...all, layers: [moved, ...rest] }, here);
  expect(await loadAnalyses(db)).toEqual([]);
  await saveVector(db, { ...all, layers: rest }, here);
  expect((await load())[0].layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
});

test('a set is tied to the model of its slug and weights, now or when it comes, and must fit it', async () => {
  await createPublication(db, { width: 4, examplesPerFeature: 1 });
  const { rows } = await db.query<{ id: number; slug: string; sha256: string; width: number }>(
    'SELECT id, slug, sha256, hidden_width AS width FROM model',
  );
  const [{ id, slug, sha256, width }] = rows;
  const fitting = (layer: number, length: number) => ({
    ...single,
    layers: [{ ...single.layers[0], layer, values: Array.from({ length }, () => 0.5) }],
  });
  const own = { ...fitting(0, width), model: slug, modelSha256: sha256 };
  await saveVector(db, own, here);
  await saveVector(db, { ...all, model: slug }, here);
  const linked = async () =>
    (await db.query('SELECT slug FROM steering_vector WHERE model_id = $1 ORDER BY slug', [id])).rows;
  expect(await linked()).toEqual([{ slug: single.slug }]);
  for (const wrong of [fitting(0, width + 1), fitting(99, width)])
    await expect(saveVector(db, { ...wrong, model: slug, modelSha256: sha256 }, here)).rejects.toThrow(
      /expected vectors of \d+ numbers at layers 0 to \d+ of .*got \d+ at layer \d+\. Train them on this model/,
    );
  await db.query('UPDATE model SET sha256 = $1', [all.modelSha256]);
  expect([await linkVectors(db), await linkVectors(db)]).toEqual([1, 0]);
  // Trained again on other weights: no longer that model's.
  await saveVector(db, { ...own, modelSha256: 'a'.repeat(64) }, here);
  expect(await linked()).toEqual([{ slug: ALL }]);
});

test('texts that Postgres cannot hold are written so that it can, and numbers that JSON lacks are refused', async () => {
  await saveVector(db, all, here);
  const generations = ofAll.find(({ kind }) => kind === 'generations') as Extract<
    Analysis,
    { kind: 'generations' }
  >;
  const [problem] = generations.problems;
  const strange = { ...problem, base: { ...problem.base, text: 'a\0b\ud83dc \\u0000 🙂' } };
  await saveAnalysis(db, { ...generations, problems: [strange] }, here);
  const [stored] = (await loadAnalyses(db)) as [typeof generations];
  expect(stored.problems[0].base.text).toBe('a\u2400b\ufffdc \\u0000 🙂');
  const curve = [{ ...all.curve[0], reward: NaN }];
  await expect(saveVector(db, { ...all, curve }, here)).rejects.toThrow(/curve of .*got NaN at "reward".*nothing was saved/); // prettier-ignore
  const unknown = { ...ofAll[0], vector: 'no/such' };
  await expect(saveAnalysis(db, unknown, here)).rejects.toThrow(/expected the set of vectors no\/such.*residua vectors list/); // prettier-ignore
});

test('a set that no row may be leaves nothing behind, or what was there', async () => {
  const twice = { ...all, scores: [all.scores[0], all.scores[0]] };
  await expect(saveVector(db, twice, here)).rejects.toThrow(/steering_score_pkey/);
  expect(await load()).toEqual([]);
  await saveVector(db, all, here);
  await expect(saveVector(db, { ...twice, name: 'half' }, here)).rejects.toThrow(/steering_score_pkey/);
  const bad = { ...all, layers: [{ ...all.layers[0], norm: NaN }] };
  await expect(saveVector(db, bad, here)).rejects.toThrow(/steering_layer_norms/);
  expect(await load()).toEqual([rounded(all)]);
});

test('a save that is killed half-way shows nothing of itself', async () => {
  await saveVector(db, all, here);
  const other = await db.connect();
  await other.query('BEGIN');
  // The save has written the set and its layers when it waits for its scores.
  await other.query('LOCK TABLE steering_score IN ACCESS EXCLUSIVE MODE');
  const save = saveVector(db, { ...all, name: 'half', layers: all.layers.slice(1) }, here);
  const refusal = expect(save).rejects.toThrow(/terminat/);
  await expect
    .poll(async () => (await db.query(KILL_WAITING)).rowCount, { timeout: 20_000, interval: 20 })
    .toBe(1);
  await refusal;
  await other.query('COMMIT');
  other.release();
  expect(await load()).toEqual([rounded(all)]);
});

const KILL_WAITING = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%steering_score%'`;
