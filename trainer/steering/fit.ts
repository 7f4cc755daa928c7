/**
 * The training of an adapter by reinforcement: steps, learning rate, checkpoints. Resumable to the bit: all randomness of a step
 * is a function of seed and step. Knows no clock but the one it is given. 2509.06608 s.2
 */
import { isDeepStrictEqual } from 'node:util';

import { learningRateAt } from '../optim/schedule.ts';
import { loadCheckpoint, saveCheckpoint } from '../lm-fit/checkpoint.ts';
import { createAdapterLearner, type AdapterLearner } from './adapter-learner.ts';
import type { AdapterValues } from './adapter.ts';
import type { AppliedVectors } from './applied-vectors.ts';
import { noteCurve } from './fit-notes.ts';
import { takeStep, type StepInput, type StepTimes } from './fit-step.ts';
import { encodePrompts } from './prompts.ts';
import type { TrainingPoint } from './record.ts';
import { checkSettings, createSchedule, type SteeringSettings } from './settings.ts';

export interface SteeringInput extends StepInput {
  readonly checkpointFolder?: string;
  readonly checkpointEverySteps: number;
  /** What a checkpoint must have been made with; settings and the adapter's shape are added to it. */
  readonly fingerprint: Readonly<Record<string, unknown>>;
}

export interface SteeringProgress {
  readonly point: TrainingPoint;
  readonly stepTotal: number;
  readonly learningRate: number;
  /** Prompts whose responses all earned the same: nothing is learned from them. */
  readonly equalPrompts: number;
  readonly timesMs: StepTimes;
}

export interface SteeringOutcome {
  readonly values: AdapterValues;
  readonly applied: AppliedVectors | undefined;
  readonly curve: readonly TrainingPoint[];
  /** Mean of a step. */
  readonly stepMs: StepTimes;
  /** What a reader of the numbers must know: that nothing was learned, that answers were cut off. */
  readonly notes: readonly string[];
}

interface FitState {
  readonly fingerprint: string;
  readonly step: number;
  readonly curve: readonly TrainingPoint[];
  readonly sumMs: StepTimes;
}

/** The adapter holds the result, too. */
export async function* fitSteering(input: SteeringInput): AsyncGenerator<SteeringProgress, SteeringOutcome> {
  const { adapter, settings, checkpointFolder, checkpointEverySteps } = input;
  const { stepTotal } = settings;
  checkInput(input);
  const prompts = encodePrompts(input.problems, input.chat, input.model);
  const schedule = createSchedule(settings);
  const learner = createAdapterLearner(input.kernels, adapter, settings);
  try {
    const state = await open(input, learner);
    const curve = [...state.curve];
    let { sumMs } = state;
    for (let step = state.step + 1; step <= stepTotal; step++) {
      const learningRate = learningRateAt(schedule, step);
      const tokens = curve.at(-1)?.tokens ?? 0;
      const { point, equalPrompts, timesMs } = await takeStep(input, {
        learner,
        prompts,
        step,
        tokens,
        learningRate,
      });
      curve.push(point);
      sumMs = addTimes(sumMs, timesMs);
      // Shown before it is kept: what was shown twice is known, what a checkpoint covered and nobody saw would be lost.
      yield { point, stepTotal, learningRate, equalPrompts, timesMs };
      if (checkpointFolder && (step % checkpointEverySteps === 0 || step === stepTotal)) {
        const saved: FitState = { ...state, step, curve, sumMs };
        await saveCheckpoint(checkpointFolder, step, { state: saved, arrays: await learner.save() });
      }
    }
    return {
      values: await adapter.save(),
      applied: await adapter.applied(),
      curve,
      stepMs: mapTimes(sumMs, (sum) => sum / stepTotal),
      notes: noteCurve(curve, settings),
    };
  } finally {
    learner.dispose();
  }
}

function checkInput({ adapter, settings }: SteeringInput): void {
  checkSettings(settings, adapter.layers.length);
  if (Object.keys(adapter.variables).length > 0) return;
  throw new Error(
    `Training: expected an adapter that learns, got ${adapter.kind}. Measure it without training.`,
  );
}

async function open(input: SteeringInput, learner: AdapterLearner): Promise<FitState> {
  const fingerprint = fingerprintOf(input);
  const start: FitState = { fingerprint, step: 0, curve: [], sumMs: { generate: 0, learn: 0, other: 0 } };
  const folder = input.checkpointFolder;
  const found = folder === undefined ? undefined : await loadCheckpoint<FitState>(folder);
  if (!found) return start;
  // Whoever writes one fact before another still means the same run.
  if (!isDeepStrictEqual(JSON.parse(found.state.fingerprint), JSON.parse(fingerprint))) {
    throw new Error(
      `${folder} holds another run: expected ${fingerprint}, got ${found.state.fingerprint}. ` +
        'Give the same options to go on with it, or another checkpoint folder for a new run.',
    );
  }
  learner.restore(found.arrays, found.state.step);
  return found.state;
}

/** Everything that decides the numbers; the rate of a step depends on the number of steps. */
function fingerprintOf({ fingerprint, settings, adapter, model, problems }: SteeringInput): string {
  const { kind, layers, place, rank } = adapter;
  const { sha256 } = model;
  const problemCount = problems.length;
  return JSON.stringify({
    ...fingerprint,
    settings,
    adapter: { kind, layers, place, rank },
    sha256,
    problemCount,
  });
}

function addTimes(a: StepTimes, b: StepTimes): StepTimes {
  return { generate: a.generate + b.generate, learn: a.learn + b.learn, other: a.other + b.other };
}

function mapTimes({ generate, learn, other }: StepTimes, change: (ms: number) => number): StepTimes {
  return { generate: change(generate), learn: change(learn), other: change(other) };
}
