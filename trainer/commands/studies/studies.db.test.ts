import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { createStudies } from '../../../api/fixture-study.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { saveTinyModel } from '../../store/readout.fixture.ts';
import { loadStudies, saveStudy } from '../../store/studies.ts';
import { pickStudy } from '../studies.ts';
import { linkRecorded, loadRecordedStudies } from './recorded-studies.ts';
import { loadStudyFile, saveStudyFile } from './study-file.ts';
import { describeStudy } from './study-formats.ts';

let database: TestDatabase;
let db: Database;
let folder: string;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  folder = await mkdtemp(path.join(tmpdir(), 'residua-studies-'));
});
afterEach(async () => {
  await db.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

const studies = createStudies().map(({ record }) => describeStudy(record, 'the fixture'));

test('studies go to files and back, and loading them twice changes nothing', async () => {
  for (const [at, study] of studies.entries())
    await saveStudyFile(path.join(folder, `lime-${study.part}-${at}.json`), study);
  await writeFile(path.join(folder, 'boost.json'), 'a file of trials');
  expect((await loadRecordedStudies(db, folder)).loaded).toHaveLength(studies.length);
  const first = await loadStudies(db);
  expect(first.map(({ slug }) => slug)).toEqual(studies.map(({ slug }) => slug).sort());
  expect(await loadRecordedStudies(db, folder)).toMatchObject({ refused: [] });
  expect(await loadStudies(db)).toEqual(first);
  const { rows } = await db.query('SELECT DISTINCT recorded FROM study');
  expect(rows).toEqual([{ recorded: true }]);
  const file = path.join(folder, 'again.json');
  await saveStudyFile(file, first[0]);
  expect(await loadStudyFile(file)).toEqual(first[0]);
});

test('what is in is tied to a model that comes later, and not written again', async () => {
  const models = [{ name: 'tiny', parameterCount: 1234 }];
  await saveStudy(db, { ...studies[0], models }, { run: null, isRecorded: true });
  const load = async () =>
    (await db.query('SELECT s.xmin, m.model_id FROM study s JOIN study_model m ON m.study_id = s.id')).rows;
  const [before] = await load();
  expect(before).toMatchObject({ model_id: null });
  const model = await saveTinyModel(db);
  await linkRecorded(db);
  expect(await load()).toEqual([{ ...before, model_id: model }]);
});

test('files are rounded to six digits and nothing else', async () => {
  const file = path.join(folder, 'lime-loss.json');
  const loss = studies.find(({ part }) => part === 'loss')!;
  await saveStudyFile(file, loss);
  const numbers = (text: string) =>
    [...text.matchAll(/(?<=[[:,])-?\d[\d.e+-]*/g)].map(([number]) => Number(number));
  const [given, written] = [numbers(JSON.stringify(loss.record)), numbers(await readFile(file, 'utf8'))];
  expect(written).toHaveLength(given.length);
  written.forEach((value, at) =>
    expect(Math.abs(value - given[at])).toBeLessThanOrEqual(Math.abs(given[at]) * 5e-6),
  );
});

test('what was measured here is kept, and a broken file does not hold up the others', async () => {
  const [study, other] = studies;
  await saveStudy(db, { ...study, title: 'here' }, { run: null, isRecorded: false });
  await saveStudyFile(path.join(folder, 'lime-a.json'), study);
  await writeFile(path.join(folder, 'lime-b.json'), '{"format":"residua-lime-study-1","part":"loss"}');
  await writeFile(path.join(folder, 'lime-c.json'), '{');
  await saveStudyFile(path.join(folder, 'lime-d.json'), other);
  const { loaded, refused } = await loadRecordedStudies(db, folder);
  expect(loaded).toEqual(['lime-a.json', 'lime-d.json']);
  expect(refused.map((why) => /lime-\w.json: expected \w+/.exec(why)?.[0])).toEqual([
    expect.stringContaining('lime-b.json: expected the'),
    expect.stringContaining('lime-c.json: expected JSON'),
  ]);
  expect((await loadStudies(db, { slug: study.slug }))[0].title).toBe('here');
});

test('a study has the same slug however it was measured, and another for another depth, text or seeds', () => {
  const { record } = createStudies()[0];
  const slugOf = (change: object) => {
    const provenance = { ...(record.provenance as object), ...change };
    return describeStudy({ ...record, provenance }, 'x').slug;
  };
  const [slug] = studies.map((study) => study.slug);
  expect(slug).toMatch(/^lime\/arithmetic\/[0-9a-f]{10}$/);
  expect(slugOf({ seconds: 9, codeCommit: 'later', backend: 'cpu', command: 'again' })).toBe(slug);
  expect(slugOf({ tokens: 7 })).not.toBe(slug);
  expect(slugOf({ corpora: [] })).not.toBe(slug);
  expect(new Set(studies.map((study) => study.slug)).size).toBe(studies.length);
});

test('a study is named by its slug, or by its part where that is enough', () => {
  expect(pickStudy(studies, 'lime/ablation').part).toBe('ablation');
  expect(() => pickStudy(studies, 'lime/loss')).toThrow(/expected one, got 2.*Name one of them/);
  expect(() => pickStudy([], 'lime/loss')).toThrow(/got 0\. There are none yet.*residua lime study/);
  expect(() => describeStudy({ format: 'residua-trials-1' }, 'boost.json')).toThrow(
    /boost\.json.*residua trials load/,
  );
});
