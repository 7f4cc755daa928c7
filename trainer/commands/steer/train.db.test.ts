import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { checkVector } from '../../steering/check-record.ts';
import type { NewRun } from '../../store/runs.ts';
import { openHandledRuns, PATIENCE_MS, type HandledRuns } from '../handled-runs.fixture.ts';
import { STEER_DEFAULTS, type SteerConfig } from './config.ts';
import { writeQwenFolder } from './qwen-folder.fixture.ts';
import { handleSteerTrain } from './train.ts';

let runs: HandledRuns;
let config: SteerConfig;

beforeAll(async () => {
  runs = await openHandledRuns();
  const modelFolder = path.join(runs.home, 'tiny-qwen');
  await writeQwenFolder(modelFolder);
  const problems = path.join(runs.home, 'sums.jsonl');
  const lines = Array.from({ length: 12 }, (_, i) => {
    return JSON.stringify({ question: `What is ${i}+1?`, answer: i + 1, ...(i > 8 && { testSet: 'easy' }) });
  });
  await writeFile(problems, lines.join('\n'));
  config = {
    ...STEER_DEFAULTS,
    ...{ modelFolder, problems, testProblems: null, rank: null, norms: null, rate: 0.1, reward: 'random' },
    ...{ steps: 3, prompts: 2, generations: 3, maxTokens: 4, testSamples: 2, checkpointEverySteps: 1 },
    ...{ vector: 'whole', slug: 'tiny-whole', name: 'Tiny' },
  };
}, PATIENCE_MS);
afterAll(() => runs?.close());

const runOf = (vector: string, changes: Partial<SteerConfig> = {}): NewRun => {
  const slug = `tiny-${vector}`;
  return { slug, kind: 'steer-train', name: 'Tiny', config: { ...config, vector, slug, ...changes } };
};

const readKept = async (run: string, file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path.join(runs.home, 'runs', run, file), 'utf8')) as Record<string, unknown>;

test(
  'a checkpoint folder and problems of one’s own become a stored set; killed midway, the same set',
  async () => {
    await runs.handle(handleSteerTrain, runOf('whole'));
    const stopping = runs.handle(handleSteerTrain, runOf('halved'), runs.abortAtStep('tiny-halved', 1));
    await expect(stopping).rejects.toThrow('stopped');
    await runs.handle(handleSteerTrain, runOf('halved'));

    const [whole, halved] = await Promise.all(
      ['tiny-whole', 'tiny-halved'].map(async (run) => checkVector(await readKept(run, 'vector.json'), run)),
    );
    expect(halved.layers).toEqual(whole.layers);
    expect(halved.curve).toEqual(whole.curve);
    expect(whole.slug).toBe('tiny-qwen/whole');
    expect(whole.layers.map(({ layer, values }) => [layer, values.length])).toEqual([[0, 16], [1, 16]]); // prettier-ignore
    expect(whole.layers.every(({ norm, hiddenNorm }) => norm > 0 && hiddenNorm > 0)).toBe(true);
    expect(whole.scores.map(({ testSet, accuracy }) => [testSet, accuracy.n])).toEqual([['easy', 6], ['all', 6]]); // prettier-ignore
    expect(whole.provenance.problems).toMatchObject({ slug: 'sums', count: 9 });
    expect(whole.provenance.command).toMatch(
      /^residua steer train whole --model tiny-qwen --problems sums.jsonl/,
    );

    const { rows } = await runs.db.query(
      `SELECT v.slug, v.layers, r.slug AS run, r.status FROM steering_vector v JOIN run r ON r.id = v.run_id ORDER BY v.slug`,
    );
    expect(rows).toEqual([
      { slug: 'tiny-qwen/halved', layers: [0, 1], run: 'tiny-halved', status: 'done' },
      { slug: 'tiny-qwen/whole', layers: [0, 1], run: 'tiny-whole', status: 'done' },
    ]);
    const points = await runs.db.query<{ name: string; steps: number[] }>(
      `SELECT m.name, array_agg(m.step ORDER BY m.step) AS steps FROM metric_point m JOIN run r ON r.id = m.run_id
       WHERE r.slug = 'tiny-halved' GROUP BY m.name`,
    );
    const byName = Object.fromEntries(points.rows.map(({ name, steps }) => [name, steps]));
    for (const name of ['reward', 'accuracy', 'entropy', 'response-length', 'vector-norm-0', 'vector-norm-1'])
      expect(byName[name], name).toEqual([1, 2, 3]);
  },
  PATIENCE_MS,
);

test(
  'baselines and controls run by the same command',
  async () => {
    await runs.handle(handleSteerTrain, runOf('lora', { adapter: 'lora', steps: 1 }));
    const lora = await readKept('tiny-lora', 'baseline.json');
    // A of 4 x 24 and B of 16 x 4 in each of two layers.
    expect(lora).toMatchObject({ adapter: 'lora', parameterCount: 2 * (4 * 24 + 16 * 4) });
    await runs.handle(handleSteerTrain, runOf('random', { adapter: 'random', layers: [1], norms: [2.5] }));
    const random = checkVector(await readKept('tiny-random', 'vector.json'), 'random');
    expect(random.layers[0].norm).toBeCloseTo(2.5, 5);
    expect(random.curve).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'a run that cannot go on ends with an error, never done',
  async () => {
    const refused = async (changes: Partial<SteerConfig>, vector: string) =>
      expect(runs.handle(handleSteerTrain, runOf(vector, changes))).rejects;
    await (await refused({ layers: [2] }, 'no-layer')).toThrow(/layers of 0 to 1.*got 2/);
    await (
      await refused({ layers: [0, 1], adapter: 'adaptive' }, 'two')
    ).toThrow(/adaptive: expected one layer/);
    await (await refused({ problems: path.join(runs.home, 'none.jsonl') }, 'none')).toThrow(/cannot be read/);
    const norms: Partial<SteerConfig> = { adapter: 'random', norms: [1] };
    await (await refused(norms, 'norms')).toThrow(/a norm from 0 for each of 2 layers, got 1/);
    const { rows } = await runs.db.query<{ status: string }>(
      `SELECT DISTINCT status FROM run WHERE slug IN ('tiny-no-layer', 'tiny-two', 'tiny-none', 'tiny-norms')`,
    );
    expect(rows).toEqual([{ status: 'running' }]);
  },
  PATIENCE_MS,
);
