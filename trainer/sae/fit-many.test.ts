import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import type { FitProgress } from './fit.ts';
import { type NamedFit, fitMany } from './fit-many.ts';
import { type FitKind, KINDS } from './kinds.ts';
import { openFit } from './open-fit.ts';
import type { FitSettings } from './settings.ts';
import { createToySource } from './toy-source.ts';

const STEPS = 12;

let kernels: Kernels;
let folder: string;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-fit-many-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function settingsOf(kind: FitKind, changes: Partial<FitSettings> = {}): FitSettings {
  const plain = {
    kind,
    width: 24,
    hiddenWidth: 8,
    k: 3,
    seed: 5,
    stepTotal: STEPS,
    schedule: linearSchedule({ peak: 1e-2, warmupSteps: 4, stepTotal: STEPS }),
    ...ADAM_DEFAULTS,
    gradientNormLimit: 1,
    auxCoefficient: 1 / 32,
    deadAfterTokens: 64,
    initTokens: 64,
    ...changes,
  };
  return { ...plain, ...KINDS[kind].defaults(plain) };
}

const FITS: NamedFit[] = [
  { name: 'a', settings: settingsOf('hierarchical-topk') },
  { name: 'b', settings: settingsOf('batch-topk', { width: 32 }) },
  { name: 'c', settings: settingsOf('jumprelu') },
];

const shared = () => ({
  kernels,
  source: createToySource({ hiddenWidth: 8, directions: 16, perRow: 2, batchTokens: 32, seed: 2 }),
  now: () => 0,
  progressEverySteps: 1,
  checkpointEverySteps: 5,
});

async function run(stopAfter = Infinity, fits = FITS) {
  const opened = await fitMany({ ...shared(), fits, folder });
  const records: ReadonlyMap<string, FitProgress>[] = [];
  for await (const record of opened.progress) {
    records.push(record);
    if (records.length >= stopAfter) break;
  }
  return { ...opened, records };
}

describe('several fits on one pass', () => {
  it('give each what it would be alone', async () => {
    const together = await run();
    for (const { name, settings } of FITS) {
      const alone = await openFit({ ...shared(), settings, folder: join(folder, 'alone', name) });
      const records: FitProgress[] = [];
      for await (const record of alone.progress) records.push(record);
      expect(together.records.map((step) => step.get(name))).toEqual(records);
      expect(together.trainings.get(name)?.weights()).toEqual(alone.training.weights());
    }
  });

  it('are resumed together after a kill, with the same bytes', async () => {
    const whole = await run();
    await rm(folder, { recursive: true });
    await run(8);
    const after = await run();
    expect(after.resumedAtStep).toBe(5);
    expect(after.records).toEqual(whole.records.slice(5));
    for (const { name } of FITS) {
      expect(after.trainings.get(name)?.state()).toEqual(whole.trainings.get(name)?.state());
    }
    expect((await readdir(folder)).sort()).toEqual(['a', 'b', 'c', 'source']);
  });

  it('killed between two checkpoints of one step, go on from the step that all have', async () => {
    const whole = await run();
    await rm(join(folder, 'source', 'step-000000012.checkpoint'));
    const after = await run();
    expect(after.resumedAtStep).toBe(10);
    expect(after.records).toEqual(whole.records.slice(10));
  });

  it('refuse names used twice and fits of different lengths', async () => {
    await expect(run(1, [FITS[0], FITS[0]])).rejects.toThrow(/different names/);
    await expect(run(1, [{ ...FITS[0], name: 'source' }])).rejects.toThrow(/none "source"/);
    const longer = { name: 'd', settings: settingsOf('topk', { stepTotal: 99 }) };
    await expect(run(1, [FITS[0], longer])).rejects.toThrow(/stepTotal: expected the same.*got 12, 99/);
  });
});
