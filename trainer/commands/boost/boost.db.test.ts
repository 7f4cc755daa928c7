import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { METHODS } from '../../boost/methods.ts';
import type { Database } from '../../store/database.ts';
import { RunWaits } from '../../store/queue.ts';
import { createRun, failRun, type NewRun } from '../../store/runs.ts';
import { handleBoost } from '../boost.ts';
import { demoConfig } from '../demo.ts';
import { type HandledRuns, openHandledRuns, PATIENCE_MS } from '../handled-runs.fixture.ts';
import { handleTrainSae } from '../train-sae.ts';
import type { TrainSaeConfig } from '../train-sae/config.ts';
import { loadRecorded } from '../trials.ts';
import { saveTrialFile } from '../trials/trial-file.ts';
import { loadTrials } from '../../store/trials.ts';
import { compareReading } from './base.ts';
import { BOOST_DEFAULTS, type BoostConfig } from './config.ts';

/** Every phase is there, over in seconds. */
const baseConfig: TrainSaeConfig = {
  ...demoConfig,
  ...{ slug: 'tiny', name: 'Tiny', features: 128, k: 8, budgets: [4, 8], corpora: { 'russian-messages': 1 } },
  ...{ contextLength: 64, trainTokens: 12_000, batchTokens: 512, bufferTokens: 4_096 },
  ...{ readTokens: 3_000, metricTokens: 1_000, checkpointEverySteps: 10, reportEverySteps: 5 },
};
const config: BoostConfig = {
  ...BOOST_DEFAULTS,
  ...{ slug: 'tiny-words', name: 'Tiny, words', base: 'tiny', corpus: 'localised-messages', domain: 'words' },
  ...{ general: ['russian-messages'], others: [], methods: [...METHODS], publish: true, features: 32, k: 2 },
  ...{ learningRate: null, contextLength: 64, trainTokens: 10_000, batchTokens: 512, bufferTokens: 4_096 },
  ...{ readTokens: 3_000, evaluateTokens: 2_000, metricTokens: 600, passages: 3 },
  ...{ checkpointEverySteps: 5, reportEverySteps: 2 },
};

let runs: HandledRuns;
let db: Database;
const handle: HandledRuns['handle'] = (...given) => runs.handle(...given);
beforeAll(async () => {
  runs = await openHandledRuns();
  db = runs.db;
  await handle(handleTrainSae, { slug: 'tiny', kind: 'train-sae', name: 'Tiny', config: baseConfig });
}, PATIENCE_MS);
afterAll(() => runs?.close());

const boostOf = (slug: string, changes: Partial<BoostConfig> = {}): NewRun => {
  return { slug, kind: 'boost', name: config.name, config: { ...config, slug, ...changes } };
};

const weightsOf = (slug: string) =>
  readFileSync(path.join(runs.home, 'runs', slug, 'dictionary.safetensors'));

async function one<Row extends object>(sql: string, values: unknown[] = []): Promise<Row> {
  return (await db.query<Row>(sql, values)).rows[0];
}

test(
  'a boost is published with its base as parent, and every method has its numbers',
  async () => {
    await expect(
      handle(handleBoost, boostOf('tiny-words'), runs.abortAtStep('tiny-words', 7)),
    ).rejects.toThrow();
    expect(await one('SELECT count(*)::int AS n FROM trial')).toEqual({ n: 0 });
    await handle(handleBoost, boostOf('tiny-words'));

    const published = await one(
      `SELECT d.kind, d.domain, d.width, parent.slug AS parent, d.published_at IS NOT NULL AS "isShown"
     FROM dictionary d JOIN dictionary parent ON parent.id = d.parent_id WHERE d.slug = 'tiny-words'`,
    );
    expect(published).toEqual({
      kind: 'batch_topk',
      domain: 'words',
      width: 32,
      parent: 'tiny',
      isShown: true,
    });
    const trials = await loadTrials(db, 'boost');
    expect(trials.trials.map(({ method }) => method).sort()).toEqual([...METHODS].sort());
    for (const { method, evaluations, baseCosines, width } of trials.trials) {
      expect(evaluations.map(({ corpus, budget }) => [corpus, budget])).toEqual([
        ['localised-messages', 8],
        ['russian-messages', 8],
      ]);
      expect(baseCosines.reduce((sum, count) => sum + count, 0)).toBe(method === 'base' ? 0 : width);
    }
    const evOf = (name: string, corpus: number) =>
      trials.trials.find(({ method }) => method === name)!.evaluations[corpus].explainedVariance;
    expect(evOf('boost', 0)).toBeGreaterThan(evOf('base', 0));
    expect(await one('SELECT count(*)::int AS n FROM passage')).toEqual({ n: 3 });
    expect(await one('SELECT count(*)::int AS n FROM feature_match')).toEqual({ n: 3 * 32 + 3 * 128 });
    const corpora = await one(
      `SELECT count(DISTINCT corpus_id)::int AS n FROM feature_corpus_stat JOIN dictionary d ON d.id = dictionary_id
     WHERE d.slug = 'tiny-words'`,
    );
    expect(corpora).toEqual({ n: 2 });
  },
  PATIENCE_MS,
);

test(
  'stopped and started again, it ends with the weights and numbers of one that never stopped',
  async () => {
    const before = await loadTrials(db, 'boost');
    await handle(handleBoost, boostOf('undisturbed', { publish: false }));
    expect(weightsOf('undisturbed').equals(weightsOf('tiny-words'))).toBe(true);
    const after = await loadTrials(db, 'boost');
    const numbers = ({ trials }: typeof after) =>
      trials.map(({ slug, evaluations }) => ({ slug, evaluations }));
    expect(numbers(after)).toEqual(numbers(before));
  },
  PATIENCE_MS,
);

test('its numbers go to a file and into another database', async () => {
  const file = path.join(runs.home, 'boost.json');
  const set = await loadTrials(db, 'boost');
  await saveTrialFile(file, set);
  expect(await loadRecorded(db, file)).toEqual({ saved: 0, kept: METHODS.length });
  await db.query('DELETE FROM trial');
  expect(await loadRecorded(db, file)).toEqual({ saved: METHODS.length, kept: 0 });
  const again = await loadTrials(db, 'boost');
  const [first, second] = [set, again].map(({ trials }) => trials[0].evaluations[0]);
  expect(second.explainedVariance).toBeCloseTo(first.explainedVariance, 5);
  expect(await loadRecorded(db, file)).toEqual({ saved: METHODS.length, kept: 0 });
  expect(await one('SELECT count(*)::int AS n FROM trial WHERE recorded')).toEqual({ n: METHODS.length });
});

test('a boost that reads text in another way than its base is told so', async () => {
  expect(await compareReading(runs.db, config)).toBeUndefined();
  expect(await compareReading(runs.db, { ...config, skipFirst: 4 })).toMatch(
    /^tiny was trained with other text options: "none; the first 1 token.*"none; the first 4 token/,
  );
});

test('a base that is not published is refused with those that are', async () => {
  await expect(handle(handleBoost, boostOf('wrong', { base: 'missing' }))).rejects.toThrow(/missing.*tiny/);
});

test('a base that a run is to make is waited for, but not when that run ended without it', async () => {
  const asked = {
    slug: 'maker',
    kind: 'train-sae',
    name: 'Maker',
    config: { ...baseConfig, slug: 'unmade' },
  };
  const { run: maker } = await createRun(db, asked);
  const early = handle(handleBoost, boostOf('early', { base: 'unmade' }));
  await expect(early).rejects.toThrow(RunWaits);
  await failRun(db, maker.id, 'The disk is full.');
  await expect(handle(handleBoost, boostOf('early', { base: 'unmade' }))).rejects.toThrow(
    'There is no dictionary unmade to boost: run maker, which was to make it, failed (The disk is full). residua retry maker',
  );
});
