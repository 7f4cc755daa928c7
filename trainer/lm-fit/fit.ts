/**
 * The training loop of a language model: batches of windows in, progress out, resumable to the bit. Composes learner,
 * schedule, evaluation and checkpoint. Knows nothing of where text comes from.
 */
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import type { WindowCursor, Windows } from '../corpus/windows.ts';
import type { LlamaConfig } from '../lm/config.ts';
import { createParameters } from '../lm/parameters.ts';
import type { NamedArray } from '../lm/safetensors.ts';
import { cosineSchedule, learningRateAt } from '../optim/schedule.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { evaluate, type Evaluation, type EvaluationText } from './evaluate.ts';
import { createLearner, lossesOf, type Learner } from './learner.ts';
import type { FitSettings } from './settings.ts';

export interface CurvePoint {
  readonly step: number;
  readonly tokens: number;
  /** Mean training loss of the steps since the point before. */
  readonly lossNats: number;
}

export interface HeldOutPoint {
  readonly step: number;
  readonly evaluation: Evaluation;
}

export interface FitProgress {
  readonly step: number;
  readonly stepTotal: number;
  readonly tokens: number;
  readonly lossNats: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** On the steps that measure it. */
  readonly evaluation?: Evaluation;
}

export interface FitInput {
  readonly kernels: Kernels;
  readonly config: LlamaConfig;
  readonly settings: FitSettings;
  /** Draws windows of contextLength + 1 tokens. */
  readonly windows: Windows;
  readonly heldOut: readonly EvaluationText[];
  readonly evaluateEverySteps: number;
  /** Windows per corpus looked at while training. */
  readonly evaluateWindows: number;
  readonly checkpointFolder?: string;
  readonly checkpointEverySteps: number;
  /** What a checkpoint must have been made with; settings are added to it. */
  readonly fingerprint: Readonly<Record<string, unknown>>;
}

export interface FitResult {
  readonly arrays: Readonly<Record<string, NamedArray>>;
  readonly curve: readonly CurvePoint[];
  readonly heldOutCurve: readonly HeldOutPoint[];
}

interface FitState {
  readonly fingerprint: string;
  readonly step: number;
  readonly cursor: WindowCursor;
  readonly curve: CurvePoint[];
  readonly heldOutCurve: HeldOutPoint[];
  readonly pendingLosses: number[];
}

/** Points of the recorded curve: enough to draw, small enough to read. */
const CURVE_POINTS = 200;

export async function* fitLanguageModel(input: FitInput): AsyncGenerator<FitProgress, FitResult> {
  const { settings, windows } = input;
  const tokensPerStep = settings.rows * settings.contextLength;
  const stepsPerPoint = Math.max(1, Math.floor(settings.stepTotal / CURVE_POINTS));
  const schedule = cosineSchedule({
    peak: settings.peakRate,
    warmupSteps: settings.warmupSteps,
    stepTotal: settings.stepTotal,
  });
  const { learner, state } = await open(input);
  const { curve, heldOutCurve } = state;
  let { pendingLosses } = state;
  try {
    for (let step = state.step + 1; step <= settings.stepTotal; step++) {
      const learningRate = learningRateAt(schedule, step);
      const result = learner.apply(windows.nextBatch(settings.rows), learningRate);
      pendingLosses.push(result.lossNats);
      if (step % stepsPerPoint === 0 || step === settings.stepTotal) {
        curve.push({ step, tokens: step * tokensPerStep, lossNats: mean(pendingLosses) });
        pendingLosses = [];
      }
      const isLast = step === settings.stepTotal;
      const evaluation =
        step % input.evaluateEverySteps === 0 || isLast ? measure(input, learner) : undefined;
      if (evaluation) heldOutCurve.push({ step, evaluation });
      if (input.checkpointFolder && (step % input.checkpointEverySteps === 0 || isLast)) {
        const fingerprint = fingerprintOf(input);
        const saved: FitState = {
          fingerprint,
          step,
          cursor: windows.cursor(),
          curve,
          heldOutCurve,
          pendingLosses,
        };
        await saveCheckpoint(input.checkpointFolder, step, { state: saved, arrays: await learner.save() });
      }
      const { stepTotal } = settings;
      yield { step, stepTotal, tokens: step * tokensPerStep, ...result, learningRate, evaluation };
    }
    return { arrays: await parametersOf(learner), curve, heldOutCurve };
  } finally {
    learner.dispose();
  }
}

async function open(input: FitInput): Promise<{ learner: Learner; state: FitState }> {
  const { kernels, config, settings, windows } = input;
  const learner = createLearner(
    kernels,
    config,
    settings,
    createParameters(config, createRng(settings.seed)),
  );
  const fingerprint = fingerprintOf(input);
  const found = input.checkpointFolder ? await loadCheckpoint<FitState>(input.checkpointFolder) : undefined;
  if (!found) {
    const state = {
      fingerprint,
      step: 0,
      cursor: windows.cursor(),
      curve: [],
      heldOutCurve: [],
      pendingLosses: [],
    };
    return { learner, state };
  }
  if (found.state.fingerprint !== fingerprint) {
    throw new Error(
      `${input.checkpointFolder} holds another run: expected ${fingerprint}, got ${found.state.fingerprint}. ` +
        'Give the same options to go on with it, or another checkpoint folder for a new run.',
    );
  }
  learner.restore(found.arrays, found.state.step);
  windows.restore(found.state.cursor);
  return { learner, state: found.state };
}

function measure({ config, heldOut, settings, evaluateWindows }: FitInput, learner: Learner): Evaluation {
  return evaluate((batch) => lossesOf(learner.parameters, config, batch), heldOut, {
    contextLength: settings.contextLength,
    maxWindows: evaluateWindows,
  });
}

function fingerprintOf({ fingerprint, settings, config }: FitInput): string {
  return JSON.stringify({ ...fingerprint, settings, config });
}

async function parametersOf(learner: Learner): Promise<Record<string, NamedArray>> {
  const entries = Object.entries(learner.parameters).map(
    async ([name, tensor]) =>
      [name, { shape: tensor.shape, values: Float32Array.from(await tensor.data()) }] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
