import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { createSteering } from '../../../api/fixture-steering.ts';
import type { VectorRecord } from '../../steering/record.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { loadVectors, saveVector } from '../../store/steering.ts';
import { loadStudies } from '../../store/studies.ts';
import { checkout } from '../settings.ts';
import { loadRecordedStudies } from '../studies/recorded-studies.ts';
import { describeStudy } from '../studies/study-formats.ts';
import { loadRecordingFile, saveRecordingFile, type SteeringRecording } from './recording-file.ts';
import { loadRecording, readRecording } from './recording.ts';
import { listRow, showRows } from './vector-table.ts';

let database: TestDatabase;
let db: Database;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  folder = await mkdtemp(path.join(tmpdir(), 'residua-vectors-'));
});
afterEach(async () => {
  await db.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

const recording = createSteering() as unknown as SteeringRecording;
const MODEL = 'fixture-model';
const total = recording.vectors.length + recording.analyses.length + recording.studies.length;

test('vectors, analyses and studies go to a file and back into another database, the vectors to the last bit', async () => {
  const file = path.join(folder, 'steering-fixture.json');
  await saveRecordingFile(file, recording);
  const first = await loadRecordedStudies(db, folder);
  expect(first).toEqual({ loaded: ['steering-fixture.json'], refused: [] });
  const stored = await readRecording(db, {});
  expect(stored.studies).toHaveLength(4);
  expect(await loadRecordedStudies(db, folder)).toEqual(first);
  expect(await readRecording(db, {})).toEqual(stored);
  const valuesOf = (vectors: readonly VectorRecord[]) =>
    new Map(vectors.map(({ slug, layers }) => [slug, layers.map(({ values, readOut = [] }) => [...values, ...readOut].map(Math.fround))])); // prettier-ignore
  expect(valuesOf(stored.vectors)).toEqual(valuesOf(recording.vectors));
  const again = path.join(folder, 'again.json');
  await saveRecordingFile(again, stored);
  const [one, two] = [await loadRecordingFile(file), await loadRecordingFile(again)];
  expect(two.vectors).toHaveLength(one.vectors.length);
  for (const vector of one.vectors) expect(two.vectors).toContainEqual(vector);
  for (const analysis of one.analyses) expect(two.analyses).toContainEqual(analysis);
});

test('what was made here is kept, and a broken file does not hold up the others', async () => {
  const here: VectorRecord = { ...recording.vectors[0], name: 'here' };
  await saveVector(db, here, { run: null, isRecorded: false });
  await saveRecordingFile(path.join(folder, 'steering-b.json'), recording);
  await writeFile(
    path.join(folder, 'steering-a.json'),
    '{"format":"residua-steering-recording-1","vectors":[{}]}',
  );
  await writeFile(path.join(folder, 'steering-c.json'), JSON.stringify(recording.studies[0]));
  await writeFile(path.join(folder, 'steering-d.json'), '{"format":"residua-steering-recording-9"}');
  const { loaded, refused } = await loadRecordedStudies(db, folder);
  expect(loaded).toEqual(['steering-b.json', 'steering-c.json']);
  expect(refused).toEqual([
    expect.stringMatching(/steering-a\.json at vectors\.0: expected the record of a set of steering vectors/),
    expect.stringMatching(/steering-d\.json: expected a study of format .*residua vectors load/),
  ]);
  expect((await loadVectors(db, { slugs: [here.slug] }))[0].name).toBe('here');
  // Its own analyses stay out: they speak of the recorded vectors.
  const own = recording.analyses.filter(({ vector }) => vector === here.slug).length;
  const { kept } = await loadRecording(db, recording, folder);
  expect([own > 0, kept]).toEqual([true, 1 + own]);
});

test('a model whose folder is there comes into the database first, and no folder elsewhere is looked at', async () => {
  const models = path.join(folder, 'models');
  await cp(path.join(checkout, 'trainer/models/residua-demo'), path.join(models, MODEL), { recursive: true });
  const outside = { ...recording.vectors[0], slug: 'x', model: '../models/fixture-model' };
  await loadRecording(db, { ...recording, vectors: [...recording.vectors, outside] }, models);
  const { rows } = await db.query<{ slug: string; tokens: number; sets: number; weights: string }>(
    `SELECT slug, sha256 AS weights, (SELECT count(*)::int FROM token WHERE model_id = model.id) AS tokens,
       (SELECT count(*)::int FROM steering_vector WHERE model_id = model.id) AS sets FROM model`,
  );
  // Other weights than the vectors were made for: it is there, and they are not its.
  expect(rows).toMatchObject([{ slug: MODEL, sets: 0 }]);
  expect(rows[0].tokens).toBeGreaterThan(1000);
  const fitting = recording.vectors
    .filter(({ model }) => model === MODEL)
    .map((vector) => ({
      ...{ ...vector, modelSha256: rows[0].weights },
      layers: vector.layers.map((layer) => ({ ...layer, values: [...layer.values, ...layer.values] })),
    }));
  await loadRecording(db, { ...recording, vectors: fitting }, models);
  const linked = await db.query('SELECT DISTINCT model_id FROM steering_vector WHERE model_slug = $1 AND slug <> $2', [MODEL, 'x']); // prettier-ignore
  expect(linked.rows).toHaveLength(1);
});

test('some sets are saved with their own analyses and no studies, those of a model with its studies', async () => {
  await loadRecording(db, recording, folder);
  const slug = 'fixture-model/layer-3-seed-1';
  const some = await readRecording(db, { slugs: [slug] });
  expect([some.vectors.length, some.analyses.length, some.studies.length]).toEqual([1, 3, 0]);
  const absent = await readRecording(db, { model: 'fixture-absent' });
  expect([absent.vectors.length, absent.studies.length]).toEqual([1, 0]);
  const all = await readRecording(db, {});
  expect(all.vectors.length + all.analyses.length + all.studies.length).toBe(total);
});

test('files are rounded to six digits, but for what is put into a model', async () => {
  const file = path.join(folder, 'f.json');
  const [vector] = recording.vectors;
  const third = { ...vector, layers: [{ ...vector.layers[0], norm: 1 / 3, values: [Math.fround(1 / 3)] }] };
  await saveRecordingFile(file, { vectors: [third], analyses: [], studies: [] });
  const text = await readFile(file, 'utf8');
  expect(text).toContain('"norm":0.333333,');
  const { vectors } = JSON.parse(text) as { vectors: VectorRecord[] };
  expect(Math.fround(vectors[0].layers[0].values[0])).toBe(Math.fround(1 / 3));
  expect(String(vectors[0].layers[0].values[0]).length).toBeLessThanOrEqual(11);
});

test('a study of steering has the same slug however long it took, and another for other seeds or settings', async () => {
  const [study] = recording.studies;
  const slugOf = (change: object) => describeStudy({ ...study, ...change }, 'x').slug;
  const slug = slugOf({});
  expect(slug).toMatch(/^steering\/accuracy\/[0-9a-f]{10}$/);
  expect(slugOf({ provenance: { ...study.provenance, seconds: 9, codeCommit: 'later' } })).toBe(slug);
  const settings = { ...study.provenance.settings, steps: 7 };
  expect(slugOf({ provenance: { ...study.provenance, settings } })).not.toBe(slug);
  const told = { steps: 3, prompts: 2, generations: 4, maxTokens: 10 };
  expect(describeStudy({ ...study, provenance: { ...study.provenance, settings: told } }, 'x').trainTokenCount).toBe(240); // prettier-ignore
  expect(describeStudy(study, 'x')).toMatchObject({
    ...{ kind: 'steering', part: 'accuracy', trainTokenCount: 0 },
    models: [{ name: MODEL, parameterCount: 1_234_567 }],
  });
  await loadRecording(db, recording, folder);
  expect((await loadStudies(db, { kind: 'steering' })).map(({ part }) => part).sort()).toEqual(['accuracy', 'gain-curve', 'pairs', 'transfer']); // prettier-ignore
});

test('sets are rows of a table', () => {
  const all = recording.vectors.find(({ slug }) => slug === 'fixture-model/all-seed-1')!;
  expect(listRow(all)).toMatchObject({
    set: all.slug,
    layers: '0,1,2,3',
    parameters: '512',
    problems: 'all',
  });
  expect(listRow(all).steered).toMatch(/^\d+\.\d % \(\d+\.\d to \d+\.\d\)$/);
  const { about, layers, scores } = showRows(all);
  expect(about).toContain('vectors at mlp.out of fixture-model, reward exact, seed 1');
  expect([layers.length, scores.map(({ problems }) => problems)]).toEqual([4, ['easy', 'medium', 'hard', 'all']]); // prettier-ignore
});
