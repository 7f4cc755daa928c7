import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

import { checkAnalysis } from '../../steering/check-record.ts';
import type { Analysis } from '../../steering/record.ts';
import { openHandledRuns, PATIENCE_MS, type HandledRuns } from '../handled-runs.fixture.ts';
import { steerAnalyseCommand } from './analyse.ts';
import { STEER_DEFAULTS, type SteerConfig } from './config.ts';
import { writeQwenFolder } from './qwen-folder.fixture.ts';
import { handleSteerTrain } from './train.ts';

let runs: HandledRuns;
let folder: string;
let problems: string;

beforeAll(async () => {
  runs = await openHandledRuns();
  folder = path.join(runs.home, 'tiny-qwen');
  await writeQwenFolder(folder);
  problems = path.join(runs.home, 'sums.jsonl');
  const lines = Array.from({ length: 12 }, (_, i) => {
    return JSON.stringify({ question: `What is ${i}+1?`, answer: i + 1, ...(i > 8 && { testSet: 'easy' }) });
  });
  await writeFile(problems, lines.join('\n'));
  const config: SteerConfig = {
    ...STEER_DEFAULTS,
    ...{ modelFolder: folder, problems, testProblems: null, rank: null, norms: null, rate: 0.1 },
    ...{ reward: 'random', steps: 1, prompts: 2, generations: 3, maxTokens: 4, testSamples: 1 },
    ...{ vector: 'whole', slug: 'tiny-whole', name: 'Tiny' },
  };
  await runs.handle(handleSteerTrain, { slug: 'tiny-whole', kind: 'steer-train', name: 'Tiny', config });
}, PATIENCE_MS);
afterAll(() => runs?.close());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** As a person would call it, in this process. */
async function analyse(slug: string, ...words: string[]): Promise<void> {
  vi.stubEnv('DATABASE_URL', runs.databaseUrl);
  vi.stubEnv('RESIDUA_HOME', runs.home);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const asked = ['--model', folder, '--problems', problems, '--test-count', '3', '--max-tokens', '4'];
  await steerAnalyseCommand().parseAsync([slug, ...asked, ...words], { from: 'user' });
}

async function loadStored(kind: string): Promise<{ record: Analysis; isRecorded: boolean }[]> {
  const { rows } = await runs.db.query<{ record: Analysis; isRecorded: boolean }>(
    `SELECT a.record, a.recorded AS "isRecorded" FROM steering_analysis a JOIN steering_vector v ON v.id = a.vector_id
     WHERE v.slug = 'tiny-qwen/whole' AND a.kind = $1`,
    [kind],
  );
  return rows;
}

test(
  'an analysis is stored beside its vectors; run again it takes its own place',
  async () => {
    await analyse('tiny-qwen/whole', '--kind', 'cosines');
    const first = await loadStored('cosines');
    await analyse('tiny-qwen/whole', '--kind', 'cosines');
    const again = await loadStored('cosines');
    expect([first.length, again.length]).toEqual([1, 1]);
    expect(again[0].isRecorded).toBe(false);
    const { provenance: _, ...found } = checkAnalysis(first[0].record, 'first');
    expect(checkAnalysis(again[0].record, 'again')).toMatchObject(found);
  },
  PATIENCE_MS,
);

test(
  'features of a model without a dictionary of its own are of one fitted here, and the record says so',
  async () => {
    await analyse('tiny-qwen/whole', '--kind', 'features');
    const [{ record }] = await loadStored('features');
    const reading = checkAnalysis(record, 'features');
    if (reading.kind !== 'features') throw new Error('expected features');
    // The lower of two layers stands in the middle.
    expect(reading).toMatchObject({ hookpoint: 'layers.0.residual.post', correct: expect.any(Number) });
    expect(reading.dictionary).toBe('tiny-qwen-generations-layer-0');
    expect(reading.correct + reading.incorrect).toBe(9);
    expect(reading.provenance.notes.at(-1)).toMatch(/fitted for this analysis on 9 answers/);
    // Twenty rows that span all of 16 dimensions.
    expect(reading.decomposition.at(-1)!.explained).toBeGreaterThan(0.9);
    expect(reading.explainedByChance).toBeGreaterThan(0.9);
  },
  PATIENCE_MS,
);

test('a slug that nobody has is refused with those there are', async () => {
  await expect(analyse('tiny-qwen/other', '--kind', 'cosines')).rejects.toThrow(
    /expected a set of that slug, got none\. There are tiny-qwen\/whole/,
  );
});
