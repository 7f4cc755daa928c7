import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { ANALYSES, type Analysis } from '../../steering/record.ts';
import { loadRecordingFile, saveRecordingFile, type SteeringRecording } from '../vectors/recording-file.ts';
import { openSteerBench, type SteerBench } from './bench.ts';
import { openProblems } from './problem-sets.ts';
import { createFeatureSources } from './generation-features.ts';
import { kindsFor, runAnalyses, spread } from './run-analyses.ts';
import { studyAccuracy, studyGainCurve, studyPairs, studyTransfer, type StudyBench } from './study-parts.ts';
import { openTraining } from './study-training.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;
const MODEL = path.resolve(import.meta.dirname, '../../lm/golden/qwen2');

let folder: string;
let studying: StudyBench;
const said: string[] = [];

/** Written and read back, which checks every record. */
async function throughFile(recording: Partial<SteeringRecording>): Promise<SteeringRecording> {
  const file = path.join(folder, 'recording.json');
  await saveRecordingFile(file, { vectors: [], analyses: [], studies: [], ...recording });
  return loadRecordingFile(file);
}

async function openBench(file: string): Promise<SteerBench> {
  const machine = {
    backend: await openBackend({ say: () => {} }),
    ...{ folder, command: 'residua steer study', say: (line: string) => void said.push(line), now: () => 0 },
  };
  const problems = await openProblems({ problems: file, testProblems: null, testCount: 4 });
  const measuring = { samples: 1, maxTokens: 4, temperature: 1, seed: 1 };
  return openSteerBench(machine, MODEL, folder, problems, measuring);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'residua-study-'));
  const file = path.join(folder, 'sums.jsonl');
  const lines = ['train', 'train', 'train', 'easy', 'hard'].map((testSet, i) =>
    JSON.stringify({ question: `${i}+1`, answer: String(i + 1), testSet }),
  );
  await writeFile(file, lines.join('\n'));
  studying = {
    bench: await openBench(file),
    plan: { steps: 1, prompts: 2, generations: 2, maxTokens: 4 },
    seeds: [1, 2],
  };
}, LOAD_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a study of vectors', () => {
  it('compares vectors with baselines and controls, seed by seed, over all held-out sets', async () => {
    const [study, trained] = await studyAccuracy(studying);
    const { layerCount: L, hiddenWidth: D } = studying.bench.model.config;
    expect(study.conditions.map(({ name }) => name)).toEqual([
      ...['all-layers', 'full', 'lora', 'random-reward', 'random-vector', 'rank-1'],
      expect.stringMatching(/^adaptive-\d$/),
    ]);
    const [all, full, , , random] = study.conditions;
    expect(all.parameterCount).toBe(L * D);
    expect(all.vectors).toEqual(['qwen2/all-seed-1', 'qwen2/all-seed-2']);
    expect(full.vectors).toEqual([null, null]);
    expect(all.scoresBySeed[1].map(({ testSet }) => testSet)).toEqual(['easy', 'hard', 'all']);
    expect(all.curveBySeed.map((curve) => curve.length)).toEqual([1, 1]);
    expect(random.curveBySeed).toEqual([[], []]);
    // Nothing was right, so nothing was learned: the record says so.
    expect(trained[0].vector!.provenance.notes.join(' ')).toMatch(/nothing was learned/);
    expect(study.paper.length).toBeGreaterThan(0);
    const vectors = trained.flatMap(({ vector }) => vector ?? []);
    const recorded = await throughFile({ vectors, studies: [study] });
    expect(recorded.vectors[0].layers).toEqual(
      vectors[0].layers.map((layer) => ({
        ...layer,
        norm: expect.any(Number),
        hiddenNorm: expect.any(Number),
      })),
    );
  });

  it('finds trainings again that ended before', async () => {
    const before = said.length;
    const [, again] = await studyAccuracy(studying);
    expect(said.length).toBe(before);
    expect(again[0].vector!.slug).toBe('qwen2/all-seed-1');
  });

  it('has each layer alone, every two of them, and every model on every other', async () => {
    const L = studying.bench.model.config.layerCount;
    const [curve] = await studyGainCurve(studying);
    expect(curve.layers.map(({ layer, bySeed }) => [layer, bySeed.length])).toEqual(
      Array.from({ length: L }, (_, layer) => [layer, 2]),
    );
    const [pairs] = await studyPairs(studying);
    expect(pairs.pairs).toHaveLength((L * (L - 1)) / 2);
    // No accuracy to gain: a share of it does not exist.
    expect(pairs.pairs[0]).toMatchObject({ first: 0, second: 1, gain: null, accuracy: { n: 4 } });
    const [transfer] = await studyTransfer(studying, [studying.bench]);
    expect(transfer.cells).toHaveLength(4);
    expect(transfer.cells[0]).toMatchObject({ donor: 'qwen2', recipient: 'qwen2', normalised: null });
    expect(transfer.seeds).toEqual([1]);
    const { studies } = await throughFile({ studies: [curve, pairs, transfer] });
    expect(studies.map(({ part }) => part)).toEqual(['gain-curve', 'pairs', 'transfer']);
  });
});

describe('the analyses of a set', () => {
  const PLAN = { problems: 2, samples: 1, persistenceTexts: 2, shown: 1, seed: 1 };
  const FEATURES = { texts: 3, expansion: 2, budget: 4, tokens: 2048, seed: 1 };

  it('are all that say something of it, complete and as plain numbers', async () => {
    const { bench, plan } = studying;
    const [all, curve] = [await studyAccuracy(studying), await studyGainCurve(studying)].map(
      ([, sets]) => sets,
    );
    const adaptive = all.find(({ spec }) => spec.kind === 'adaptive')!;
    const last = curve.find(({ spec }) => spec.name === `layer-${bench.model.config.layerCount - 1}`)!;
    const features = createFeatureSources(bench, FEATURES);
    const found: Analysis[] = [];
    for (const { vector } of [all[0], adaptive, last]) {
      const kinds = kindsFor(vector!, bench.model.config.layerCount);
      const analysing = { ...bench, plan: PLAN, openFeatures: features.open };
      for await (const analysis of runAnalyses(analysing, vector!, kinds)) found.push(analysis);
    }
    features.dispose();
    const kindsOf = (slug: string) => found.filter(({ vector }) => vector === slug).map(({ kind }) => kind);
    expect(kindsOf('qwen2/all-seed-1')).toEqual(ANALYSES.filter((kind) => kind !== 'token-scaling'));
    expect(kindsOf(adaptive.vector!.slug)).toEqual(
      ANALYSES.filter((kind) => kind !== 'cosines' && kind !== 'patching'),
    );
    expect(kindsOf(last.vector!.slug)).not.toContain('patching');
    for (const analysis of found) {
      expect(analysis.provenance.problems.count).toBe(2);
    }
    expect((await throughFile({ analyses: found })).analyses).toHaveLength(found.length);
    expect((await openTraining(bench, plan, last.spec)).vector).toEqual(last.vector);
  });

  it('are refused on a model with other weights', async () => {
    const [, [{ vector }]] = await studyAccuracy(studying);
    const other = { ...vector!, modelSha256: 'f'.repeat(64) };
    const running = runAnalyses({ ...studying.bench, plan: PLAN }, other, ['cosines']);
    await expect(running.next()).rejects.toThrow(/expected the model it was trained on/);
  });

  it('take problems from all over the sets', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 3)).toEqual([0, 3, 6]);
    expect(spread([1, 2], 3)).toEqual([1, 2]);
  });
});
