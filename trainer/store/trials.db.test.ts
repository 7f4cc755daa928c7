import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import type { DictionaryId } from '@residua/prisma/ids';
import type { EvaluationRecord, PassageRecord, TrialRecord } from '../interp/trial-records.ts';
import { openDatabase, type Database } from './database.ts';
import { saveMatches } from './matches.ts';
import { savePassages } from './passages.ts';
import { publish, type Publication } from './publish.ts';
import { createPublication, sha256 } from './readout.fixture.ts';
import { loadTrials, saveTrial, type TrialLinks } from './trials.ts';

let database: TestDatabase;
let db: Database;
let published: Publication;
let dictionary: DictionaryId;
let links: TrialLinks;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  published = await createPublication(db, { width: 4, examplesPerFeature: 1 });
  const steps = publish(db, published);
  for (;;) {
    const step = await steps.next();
    if (!step.done) continue;
    dictionary = step.value;
    break;
  }
  const { model, corpora, provenance } = published;
  links = { model, corpora, run: null, provenance, isRecorded: false };
});
afterEach(async () => {
  await db.end();
  await database.drop();
});

const evaluation = (corpus: string, explainedVariance: number): EvaluationRecord => ({
  ...{ corpus, budget: 4, explainedVariance, ceOriginal: 2, ceSpliced: 2.5, ceZero: 6, ceRecovered: 0.875 },
  ...{
    deltaCe: 0.5,
    klNats: 0.4,
    l0: 4.5,
    residualL0: 0.5,
    deadFraction: 0,
    tokenCount: 1000,
    ceTokenCount: 100,
  },
});

const trial = (changes: Partial<TrialRecord> = {}): TrialRecord => ({
  ...{ slug: 'boost/toy/code/boost/k5/t100/s0', experiment: 'boost', method: 'boost', kind: 'batch-topk' },
  ...{ model: 'toy', hookpoint: 'layers.0.residual.post', base: published.dictionary.slug, dictionary: null },
  ...{ domain: 'code', seed: 0, width: 3, k: 5, trainTokenCount: 100, weightsSha256: sha256('weights') },
  ...{ baseCosines: [0, 1, 2], config: { k: 5 } },
  evaluations: [evaluation('prose', 0.8), evaluation('code', 0.7)],
  ...changes,
});

async function count(table: string): Promise<number> {
  return (await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
}

test('a trial saved twice is one, and comes back as it was', async () => {
  expect(await saveTrial(db, trial(), links)).toBe(true);
  const first = await loadTrials(db, 'boost');
  await saveTrial(db, trial(), links);
  expect(await loadTrials(db, 'boost')).toEqual(first);
  expect([await count('trial'), await count('evaluation')]).toEqual([1, 2]);
  const { provenance, model, ...back } = first.trials[0];
  const { model: _, evaluations, ...given } = trial();
  expect(back).toEqual({ ...given, evaluations: [evaluations[1], evaluations[0]] });
  expect(model).toBe(published.provenance.modelSlug);
  expect(first.provenances[provenance as number]).toEqual(published.provenance);
  expect(first.corpora.map(({ slug }) => slug)).toEqual(['code', 'prose']);
  expect(await loadTrials(db, 'other')).toEqual({ corpora: [], provenances: [], trials: [] });
});

test('what was run here replaces what was recorded, and not the other way round', async () => {
  const recorded = { ...links, isRecorded: true };
  await saveTrial(db, trial({ width: 7 }), recorded);
  expect(await saveTrial(db, trial(), links)).toBe(true);
  expect(await saveTrial(db, trial({ width: 9 }), recorded)).toBe(false);
  const { rows } = await db.query('SELECT width, recorded FROM trial');
  expect(rows).toEqual([{ width: 3, recorded: false }]);
});

test('a trial whose evaluation names an unknown corpus leaves nothing behind', async () => {
  const wrong = trial({ evaluations: [evaluation('prose', 0.8), evaluation('poetry', 0.1)] });
  await expect(saveTrial(db, wrong, links)).rejects.toThrow(/poetry.*prose/);
  expect(await count('trial')).toBe(0);
});

test('matches and passages of a dictionary are put in the place of those there were', async () => {
  const passage = (rank: number, start: number): PassageRecord => ({
    ...{ corpus: 'code', start, tokens: [1, 2], rank },
    base: { width: 2, indices: [3, 1, 0, 0], acts: [2, 1, 0, 0] },
    boost: { width: 1, indices: [2, 0], acts: [1.5, 0] },
    ...{
      baseErrors: [0.5, 0],
      boostedErrors: [0.25, 0],
      ceOriginal: [1, 0],
      ceBase: [2, 0],
      ceBoosted: [1.5, 0],
    },
  });
  const of = { dictionary, model: published.model, corpora: published.corpora };
  await savePassages(db, of, [passage(0, 900), passage(1, 902)]);
  await savePassages(db, of, [passage(0, 902)]);
  const { rows } = await db.query(
    `SELECT rank, start::int, base_indices, boost_acts, tokens FROM passage JOIN token_window ON window_id = token_window.id`,
  );
  expect(rows).toEqual([
    { rank: 0, start: 902, base_indices: [3, 1, 0, 0], boost_acts: [1.5, 0], tokens: [1, 2] },
  ]);
  const edge = { dictionary, other: dictionary, method: 'decoder_cosine' } as const;
  const nearest = [{ feature: 0, rank: 0, other: 3, value: 0.5 }, { feature: 0, rank: 1, other: 1, value: -0.5 }]; // prettier-ignore
  await saveMatches(db, edge, nearest);
  await saveMatches(db, edge, nearest.slice(0, 1));
  const matches = await db.query('SELECT feature_index, rank, other_index, value FROM feature_match');
  expect(matches.rows).toEqual([{ feature_index: 0, rank: 0, other_index: 3, value: 0.5 }]);
});
