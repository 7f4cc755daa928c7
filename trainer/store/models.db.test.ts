import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { openDatabase, type Database } from './database.ts';
import { saveCorpus } from './corpora.ts';
import { loadModelId, saveModel } from './models.ts';
import { saveProvenance } from './provenance.ts';
import { provenance, saveTinyModel, sha256, tinyModel, tokens } from './readout.fixture.ts';

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

test('a model is saved once, with its vocabulary byte for byte', async () => {
  const bytes = tokens.slice();
  bytes[1] = Uint8Array.of(0);
  bytes[2] = Uint8Array.of(0xd0);
  bytes[3] = new TextEncoder().encode(' мир\t"\\');
  const id = await saveModel(db, tinyModel, bytes);
  expect(await saveModel(db, { ...tinyModel, description: 'Said better' }, bytes)).toBe(id);
  expect(await loadModelId(db, 'tiny')).toBe(id);
  expect(await loadModelId(db, 'other')).toBeUndefined();
  const { rows } = await db.query('SELECT bytes, text FROM token WHERE model_id = $1 ORDER BY index', [id]);
  expect(rows).toHaveLength(tinyModel.vocabSize);
  // Postgres' text cannot hold U+0000, and half a character is no text.
  expect(rows[1]).toEqual({ bytes: Buffer.from([0]), text: '␀' });
  expect(rows[2]).toEqual({ bytes: Buffer.from([0xd0]), text: '\ufffd' });
  expect(rows[3].text).toBe(' мир\t"\\');
  expect((await db.query('SELECT description FROM model')).rows).toEqual([{ description: 'Said better' }]);
});

test('the weights behind a slug do not change, and a vocabulary is whole', async () => {
  await saveTinyModel(db);
  await expect(saveModel(db, { ...tinyModel, sha256: sha256('other weights') }, tokens)).rejects.toThrow(
    /Save the new weights under another slug/,
  );
  await expect(saveModel(db, tinyModel, tokens.slice(1))).rejects.toThrow(
    'Model tiny has 50 tokens by its config, and 49 were given.',
  );
});

test('changed text is another corpus, the same text the same one', async () => {
  const corpus = {
    slug: 'prose',
    name: 'Prose',
    domain: 'general',
    description: '',
    documentCount: 1,
    byteCount: 9,
  };
  const id = await saveCorpus(db, { ...corpus, sha256: sha256('one') });
  expect(await saveCorpus(db, { ...corpus, sha256: sha256('one'), name: 'English prose' })).toBe(id);
  expect(await saveCorpus(db, { ...corpus, sha256: sha256('two') })).not.toBe(id);
});

test('provenance is one row for everything it says, in whatever order it says it', async () => {
  const id = await saveProvenance(db, { ...provenance, config: { a: 1, b: { c: 2, d: 3 } } });
  expect(await saveProvenance(db, { ...provenance, config: { b: { d: 3, c: 2 }, a: 1 } })).toBe(id);
  expect(await saveProvenance(db, { ...provenance, config: { a: 1, b: { c: 2, d: 4 } } })).not.toBe(id);
});
