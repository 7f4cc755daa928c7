/**
 * Model and problems -> a trained adapter -> its accuracy beside the untouched model's -> a stored set of vectors. Killed anywhere,
 * it goes on from the last checkpoint and ends with the same numbers.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { openBackend } from '../../compute/backend.ts';
import { loadConfig, type LanguageModel } from '../../lm/model.ts';
import { measureAccuracy } from '../../steering/accuracy.ts';
import type { Adapter } from '../../steering/adapter.ts';
import { createAdapter } from '../../steering/create-adapter.ts';
import type { SteeringOutcome, SteeringProgress } from '../../steering/fit.ts';
import type { TestScore } from '../../steering/record.ts';
import { defaultRates, STEERING_DEFAULTS, type SteeringSettings } from '../../steering/settings.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { checkpointsOf, describeBackend } from '../train-sae/pipeline.ts';
import type { Work } from '../train-sae/work.ts';
import { MEASURE_SEED, openSteerBench, type SteerBench } from './bench.ts';
import { commandOf, type SteerConfig } from './config.ts';
import { fitAdapter } from './fit-adapter.ts';
import { planSteer } from './memory.ts';
import { metricsOf, sayTimes } from './metrics.ts';
import { openProblems } from './problem-sets.ts';
import { saveTrained } from './saving.ts';

export type SteerWork = Work<SteerConfig>;

/** What a run has opened. */
export interface SteerSubject {
  readonly bench: SteerBench;
  readonly adapter: Adapter;
  readonly settings: SteeringSettings;
}

export interface Trained extends SteerSubject {
  readonly outcome: SteeringOutcome;
  readonly base: readonly TestScore[];
  readonly scores: readonly TestScore[];
  readonly startedMs: number;
}

export async function trainSteering(work: SteerWork): Promise<void> {
  const startedMs = performance.now();
  const subject = await prepare(work);
  const { bench, adapter } = subject;
  try {
    const outcome = await train(work, subject);
    await beginMeasuring(work, 0);
    const base = await bench.baseScores();
    await beginMeasuring(work, 1);
    const scores = await measureAccuracy(bench.model, adapter, bench.problems.test, {
      chat: bench.chat,
      ...bench.measuring,
    });
    await saveTrained(work, { ...subject, outcome, base, scores, startedMs });
    await rm(checkpointsOf(work.folder), { recursive: true, force: true });
  } finally {
    adapter.dispose();
    bench.model.dispose();
  }
}

async function prepare({ config, settings: here, report, say, folder }: SteerWork): Promise<SteerSubject> {
  await report.phase({ phase: 'prepare', phaseStep: 0, phaseTotal: 1 });
  const modelFolder = path.resolve(checkout, config.modelFolder);
  const backend = await openBackend({ name: here.backend, threads: here.threads });
  const shape = await loadConfig(modelFolder);
  checkMemory(planSteer(shape, config, plannedBackend(backend)), readMemoryRoom(backend), say);
  const { maxTokens, temperature, testSamples: samples } = config;
  const bench = await openSteerBench(
    { ...{ backend, folder, say, command: commandOf(config) }, now: () => performance.now() },
    modelFolder,
    here.home,
    await openProblems(config),
    { samples, maxTokens, temperature, seed: MEASURE_SEED },
  );
  const adapter = await openAdapter(config, bench.model).catch((error: unknown) => {
    bench.model.dispose();
    throw error;
  });
  await report.phase({ phase: 'prepare', phaseStep: 1, phaseTotal: 1, backend: describeBackend(backend) });
  return { bench, adapter, settings: settingsOf(config, adapter, shape.layerCount) };
}

function openAdapter(config: SteerConfig, model: LanguageModel): Promise<Adapter> {
  const { layerCount } = model.config;
  const { adapter: kind, place, seed, rank, norms } = config;
  const all = Array.from({ length: layerCount }, (_, layer) => layer);
  const layers = config.layers === 'all' ? all : config.layers;
  return createAdapter({
    ...{ kind, model, layers, place, seed },
    ...(rank !== null && { rank }),
    ...(norms && { norms }),
  });
}

function settingsOf(config: SteerConfig, { kind, layers }: Adapter, layerCount: number): SteeringSettings {
  const { steps: stepTotal, prompts, generations, maxTokens, temperature, seed, rate } = config;
  const rates = rate === null ? defaultRates(kind, layers, layerCount) : layers.map(() => rate);
  return { ...STEERING_DEFAULTS, stepTotal, prompts, generations, maxTokens, temperature, seed, rates };
}

async function train(work: SteerWork, { bench, adapter, settings }: SteerSubject): Promise<SteeringOutcome> {
  const { config, folder, say, signal } = work;
  const outcome = await fitAdapter(bench, {
    ...{ adapter, settings, reward: config.reward },
    ...{ checkpointFolder: checkpointsOf(folder), checkpointEverySteps: config.checkpointEverySteps },
    onStep: async (progress) => {
      await tell(work, adapter, progress);
      signal.throwIfAborted();
    },
  });
  sayTimes(outcome, say);
  for (const note of outcome.notes) say(note);
  return outcome;
}

async function tell({ report }: SteerWork, adapter: Adapter, progress: SteeringProgress): Promise<void> {
  const { point, stepTotal } = progress;
  const { step } = point;
  await report.points(metricsOf(progress, adapter.layers));
  await report.phase({ phase: 'train', phaseStep: step, phaseTotal: stepTotal, step, stepTotal });
}

async function beginMeasuring({ report, signal }: SteerWork, done: number): Promise<void> {
  signal.throwIfAborted();
  await report.phase({ phase: 'measure', phaseStep: done, phaseTotal: 2 });
}
