/**
 * Training on the Arithmetic Expression Task: batches of one operand count each, 4, 5, 6, 4, ...; the loss is taken over
 * what follows the expression. Resumes nothing: a run is minutes.
 */
import type { Kernels } from '../compute/kernels.ts';
import { createRng, shuffle, type Rng } from '../compute/rng.ts';
import { createLearner } from '../lm-fit/learner.ts';
import type { DecoderConfig } from '../lm/config.ts';
import { createParameters } from '../lm/parameters.ts';
import type { NamedArray } from '../lm/safetensors.ts';
import { learningRateAt, linearSchedule } from '../optim/schedule.ts';
import { createSamples, END, OPERANDS, type ArithmeticSample } from './arithmetic.ts';
import { countForwardFlops, TRAINING_PER_FORWARD } from './flops.ts';
import type { LossPoint } from './study.ts';

export interface ArithmeticFitSettings {
  readonly seed: number;
  readonly stepTotal: number;
  /** Samples per step. */
  readonly rows: number;
  readonly samplesPerOperands: number;
  readonly peakRate: number;
  /** Of the routers. */
  readonly routerRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

export interface ArithmeticFit {
  readonly arrays: Readonly<Record<string, NamedArray>>;
  /** Mean training loss since the point before. */
  readonly curve: readonly LossPoint[];
  /** Read, padding not counted. */
  readonly tokens: number;
  readonly epochs: number;
}

export interface ArithmeticProgress {
  readonly step: number;
  readonly tokens: number;
  readonly lossNats: number;
}

const STEPS_PER_POINT = 25;

export async function* fitArithmetic(
  kernels: Kernels,
  config: DecoderConfig,
  settings: ArithmeticFitSettings,
): AsyncGenerator<ArithmeticProgress, ArithmeticFit> {
  const rng = createRng(settings.seed);
  const learner = createLearner(
    kernels,
    config,
    { ...settings, contextLength: config.contextLength },
    createParameters(config, rng),
  );
  const decks = OPERANDS.map((operands) =>
    createDeck(createSamples('train', operands, settings.samplesPerOperands, settings.seed), rng),
  );
  const schedule = linearSchedule({
    peak: settings.peakRate,
    warmupSteps: settings.warmupSteps,
    stepTotal: settings.stepTotal,
  });
  const curve: LossPoint[] = [];
  let [tokens, flops, pending] = [0, 0, [] as number[]];
  try {
    for (let step = 1; step <= settings.stepTotal; step++) {
      const batch = createArithmeticBatch(decks[step % decks.length](settings.rows));
      const rate = learningRateAt(schedule, step);
      const { lossNats } = await learner.apply(batch.tokens_BT1, rate, batch);
      tokens += batch.tokenCount;
      flops += TRAINING_PER_FORWARD * settings.rows * countForwardFlops(config, batch.contextLength);
      pending.push(lossNats);
      if (step % STEPS_PER_POINT === 0 || step === settings.stepTotal) {
        curve.push({ step, tokens, flops, lossNats: mean(pending) });
        pending = [];
      }
      yield { step, tokens, lossNats };
    }
    const epochs = (settings.stepTotal * settings.rows) / (OPERANDS.length * settings.samplesPerOperands);
    return { arrays: await learner.weights(), curve, tokens, epochs };
  } finally {
    learner.dispose();
  }
}

export interface ArithmeticBatch {
  readonly tokens_BT1: Int32Array;
  readonly contextLength: number;
  /** 1 where a target belongs to the solution, 0 for the expression and for padding. */
  readonly weights_N: Float32Array;
  readonly tokenCount: number;
}

/** As long as its longest sample. */
export function createArithmeticBatch(samples: readonly ArithmeticSample[]): ArithmeticBatch {
  const contextLength = Math.max(...samples.map(({ tokens }) => tokens.length)) - 1;
  const tokens_BT1 = new Int32Array(samples.length * (contextLength + 1)).fill(END);
  const weights_N = new Float32Array(samples.length * contextLength);
  let tokenCount = 0;
  samples.forEach(({ tokens, promptLength }, row) => {
    tokens_BT1.set(tokens, row * (contextLength + 1));
    // Target t is token t + 1.
    weights_N.fill(1, row * contextLength + promptLength - 1, row * contextLength + tokens.length - 1);
    tokenCount += tokens.length - 1;
  });
  return { tokens_BT1, contextLength, weights_N, tokenCount };
}

/** Deals all samples in a random order, then again in another. */
function createDeck(samples: readonly ArithmeticSample[], rng: Rng): (count: number) => ArithmeticSample[] {
  const order = samples.map((_, i) => i);
  let position = order.length;
  const next = (): ArithmeticSample => {
    if (position === order.length) {
      shuffle(order, rng);
      position = 0;
    }
    return samples[order[position++]];
  };
  return (count) => Array.from({ length: count }, next);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
