import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import { loadCheckpoint } from './checkpoint.ts';
import { createDictionary } from './dictionary.ts';
import { explainedVariance } from './explained-variance.ts';
import { type FitProgress, fit, startTraining } from './fit.ts';
import { loadDictionary, saveDictionary } from './format.ts';
import { KINDS } from './kinds.ts';
import { openFit } from './open-fit.ts';
import { type FitSettings, RESIDUAL_FORM } from './settings.ts';
import { createToySource } from './toy-source.ts';
import { type Training, restoreTraining } from './training.ts';

const BATCH = 64;

function settingsOf(changes: Partial<FitSettings> = {}): FitSettings {
  const stepTotal = changes.stepTotal ?? 24;
  return {
    kind: 'hierarchical-topk',
    width: 48,
    hiddenWidth: 12,
    k: 6,
    seed: 5,
    stepTotal,
    schedule: linearSchedule({ peak: 1e-2, warmupSteps: 4, decaySteps: 8, stepTotal }),
    ...ADAM_DEFAULTS,
    gradientNormLimit: 1,
    auxCoefficient: 1 / 32,
    deadAfterTokens: 4 * BATCH,
    initTokens: 3 * BATCH,
    ...changes,
  };
}

const toySource = () =>
  createToySource({ hiddenWidth: 12, directions: 24, perRow: 3, batchTokens: BATCH, seed: 2 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residua-fit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs until the end, or until `stopAfter` records were taken: then everything in memory is lost, as by a kill. */
async function run(kernels: Kernels, settings: FitSettings, stopAfter = Infinity) {
  const opened = await openFit({
    kernels,
    settings,
    source: toySource(),
    folder,
    now: () => 0,
    progressEverySteps: 1,
    checkpointEverySteps: 5,
  });
  const records: FitProgress[] = [];
  for await (const record of opened.progress) {
    records.push(record);
    if (records.length >= stopAfter) break;
  }
  return { ...opened, records };
}

function sha256Of(training: Training): string {
  const hash = createHash('sha256');
  const { weights, firstMoments, secondMoments, silent_F } = training.state();
  for (const group of [weights, firstMoments, secondMoments])
    for (const array of Object.values(group)) hash.update(array);
  return hash.update(silent_F).digest('hex');
}

describe.each(['native', 'cpu'])('fit on %s', (name) => {
  let kernels: Kernels;
  beforeEach(async (context) => {
    const backend = await openBackend({ name, threads: 2, say: () => {} });
    if (backend.name !== name) context.skip(`the ${name} backend does not open here`);
    kernels = backend.kernels;
  });

  it.each([1, 5, 6, 13, 23])(
    'killed after record %i and resumed, ends with the same bytes and records',
    async (stop) => {
      const settings = settingsOf();
      const whole = await run(kernels, settings);
      expect(whole.records.map((record) => record.step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
      await rm(folder, { recursive: true });
      const before = await run(kernels, settings, stop);
      const after = await run(kernels, settings);
      expect(after.resumedAtStep).toBe(5 * Math.floor((stop - 1) / 5)); // the record comes before its checkpoint
      const merged = new Map([...before.records, ...after.records].map((record) => [record.step, record]));
      const timeless = (record: FitProgress) => ({ ...record, tokensPerSecond: 0 });
      expect([...merged.values()].map(timeless)).toEqual(whole.records.map(timeless));
      expect(sha256Of(after.training)).toBe(sha256Of(whole.training));
    },
  );

  it.each(['batch-topk', 'matryoshka-batch-topk', 'jumprelu', 'residual'] as const)(
    'killed and resumed, a %s ends with the same bytes and records',
    async (name) => {
      const kind = name === 'residual' ? 'batch-topk' : name;
      const form = name === 'residual' ? RESIDUAL_FORM : undefined;
      const plain = settingsOf({ kind, k: 4, ...(form && { form }) });
      const settings = { ...plain, ...KINDS[kind].defaults(plain) };
      const whole = await run(kernels, settings);
      await rm(folder, { recursive: true });
      const before = await run(kernels, settings, 18); // beyond the first running threshold
      const after = await run(kernels, settings);
      expect(after.resumedAtStep).toBe(15);
      const merged = new Map([...before.records, ...after.records].map((record) => [record.step, record]));
      const timeless = (record: FitProgress) => ({ ...record, tokensPerSecond: 0 });
      expect([...merged.values()].map(timeless)).toEqual(whole.records.map(timeless));
      expect(sha256Of(after.training)).toBe(sha256Of(whole.training));
      expect(after.training.weights()).toEqual(whole.training.weights());
      const { selection } = whole.training.weights();
      expect(selection.by === 'threshold' && selection.threshold_F.every((value) => value > 0)).toBe(true);
    },
  );

  it('explains more at every further budget, and more than at the start', async () => {
    const settings = settingsOf({
      stepTotal: 300,
      schedule: linearSchedule({ peak: 1e-2, warmupSteps: 10, stepTotal: 300 }),
    });
    const { training, records } = await run(kernels, settings);
    expect(records[0].explainedVariance).toBeLessThan(0.7);
    expect(records[299].explainedVariance).toBeGreaterThan(0.9);
    const dictionary = createDictionary(kernels, training.weights());
    const hidden_BD = createToySource({
      hiddenWidth: 12,
      directions: 24,
      perRow: 3,
      batchTokens: 512,
      seed: 2,
    }).next();
    const hidden = (await hidden_BD.data()) as Float32Array;
    const evs: number[] = [];
    for (let j = 1; j <= settings.k; j++) {
      const recon = (await dictionary.decode(await dictionary.encode(hidden_BD, j)).data()) as Float32Array;
      evs.push(explainedVariance(hidden, recon, 12));
    }
    for (let j = 1; j < evs.length; j++) expect(evs[j]).toBeGreaterThan(evs[j - 1]);
    const cut = dictionary.decode(await dictionary.encode(hidden_BD), 2);
    const narrow = dictionary.decode(await dictionary.encode(hidden_BD, 2));
    expect(cut.dataSync()).toEqual(narrow.dataSync());
  });

  it('keeps decoder rows at norm 1 and does not leak tensors', async () => {
    const { training } = await run(kernels, settingsOf({ stepTotal: 6 }), 6);
    const { decoder_FD } = training.weights();
    for (let row = 0; row < 48; row++) {
      expect(Math.hypot(...decoder_FD.subarray(row * 12, row * 12 + 12))).toBeCloseTo(1, 5);
    }
    const hidden_BD = toySource().next();
    const before = tf.memory().numTensors;
    await training.advance(hidden_BD, true);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('with K = 1 fits the same bytes as TopK, and with the budget K alone too', async () => {
    const fitted = async (changes: Partial<FitSettings>) => {
      await rm(folder, { recursive: true, force: true });
      return sha256Of((await run(kernels, settingsOf({ stepTotal: 8, ...changes }))).training);
    };
    expect(await fitted({ k: 1 })).toBe(await fitted({ k: 1, kind: 'topk' }));
    expect(await fitted({ budgets: [6] })).toBe(await fitted({ kind: 'topk' }));
    expect(await fitted({})).not.toBe(await fitted({ kind: 'topk' }));
  });

  it('names tensor and step when a hidden state is not a number', async () => {
    const { training } = await run(kernels, settingsOf(), 2);
    const bad_BD = tf.tensor2d(new Float32Array(12).fill(NaN), [1, 12]);
    await expect(training.advance(bad_BD, false)).rejects.toThrow(/step 3: hidden_BD: expected finite/);
  });
});

describe('the auxiliary loss', () => {
  it('calls features back that began too low to be chosen', async () => {
    const { kernels } = await openBackend({ say: () => {} });
    const stepTotal = 200;
    const fitted = async (auxCoefficient: number) => {
      const schedule = linearSchedule({ peak: 3e-3, warmupSteps: 4, decaySteps: 50, stepTotal });
      const settings = settingsOf({
        stepTotal,
        schedule,
        width: 64,
        k: 4,
        deadAfterTokens: 640,
        auxCoefficient,
      });
      const start = (await startTraining(kernels, settings, toySource())).state();
      start.weights.encoderBias_F.fill(-2, 16);
      const training = restoreTraining(kernels, start);
      const records: FitProgress[] = [];
      const source = toySource();
      for await (const record of fit({ training, source, now: () => 0, progressEverySteps: 50 })) {
        records.push(record);
      }
      return records.at(-1) as FitProgress;
    };
    const [without, withAux] = [await fitted(0), await fitted(1 / 32)];
    expect(without.auxLoss).toBe(0);
    expect(withAux.auxLoss).toBeGreaterThan(0);
    expect(withAux.deadFraction).toBeLessThan(without.deadFraction);
    expect(withAux.explainedVariance).toBeGreaterThan(without.explainedVariance);
  });
});

describe('files of a fit', () => {
  let kernels: Kernels;
  beforeEach(async () => {
    kernels = (await openBackend({ name: 'cpu' })).kernels;
  });

  const newest = async () => join(folder, (await readdir(folder)).sort().at(-1) as string);

  it('keep the last two checkpoints and nothing half-written', async () => {
    await writeFile(join(folder, 'step-000000003.checkpoint.partial'), 'left by a kill');
    await run(kernels, settingsOf());
    expect((await readdir(folder)).sort()).toEqual([
      'step-000000020.checkpoint',
      'step-000000024.checkpoint',
    ]);
  });

  it('are refused when cut short or changed by one bit, naming file, sizes or hashes, and what to do', async () => {
    await run(kernels, settingsOf());
    const path = await newest();
    const bytes = await readFile(path);
    const refusal = async (damaged: Buffer) => {
      await writeFile(path, damaged);
      return loadCheckpoint(path).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    };
    const cut = await refusal(bytes.subarray(0, bytes.length - 100));
    expect(cut).toContain(
      `${path}: expected ${bytes.length} bytes, as its head says, got ${bytes.length - 100}.`,
    );
    expect(cut).toContain('Delete this file; the run then resumes from the previous checkpoint');
    for (const at of [0, 9, 20, 3000, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] ^= 1;
      expect(await refusal(flipped)).toMatch(
        /expected (a checkpoint|\d+ bytes|sha256 [0-9a-f]{64}).*, got .*Delete this file/,
      );
    }
    expect(await refusal(Buffer.alloc(0))).toContain('0 bytes that do not');
    await rm(path);
    expect((await run(kernels, settingsOf())).resumedAtStep).toBe(20);
  });

  it('are refused for a run with other settings, naming them', async () => {
    await run(kernels, settingsOf(), 7);
    await expect(run(kernels, settingsOf({ k: 4 }))).rejects.toThrow(
      /expected a checkpoint with k 4, got k 6/,
    );
  });

  it('give back a saved dictionary, known by its hash', async () => {
    const { training } = await run(kernels, settingsOf(), 3);
    const path = join(folder, 'dictionary.safetensors');
    const weights = training.weights();
    const { sha256 } = await saveDictionary(path, weights, { model: 'toy' });
    const loaded = await loadDictionary(path, sha256);
    expect(loaded.weights).toEqual(weights);
    expect(loaded.facts).toEqual({ model: 'toy' });
    await expect(loadDictionary(path, 'f'.repeat(64))).rejects.toThrow(
      /expected sha256 f{64}, got [0-9a-f]{64}/,
    );
  });
});
