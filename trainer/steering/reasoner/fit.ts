/**
 * Trains the reasoner: first several questions a row and mostly steps, then one question a row in the mixture asked for, as
 * the learning rate falls. Resumes nothing: a run is minutes.
 */
import type { Kernels } from '../../compute/kernels.ts';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { createLearner, lossesOf, type Learner } from '../../lm-fit/learner.ts';
import { createTokenBatch } from '../../lm-fit/token-batch.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { createParameters, type Parameters } from '../../lm/parameters.ts';
import type { NamedArray } from '../../lm/safetensors.ts';
import { learningRateAt, linearSchedule } from '../../optim/schedule.ts';
import {
  createConversationBatch,
  drawConversation,
  type ConversationBatch,
  type Speech,
} from './conversations.ts';
import { TEST_SETS } from './problems.ts';
import { stylesOf, type Mixture } from './styles.ts';

export interface ReasonerFitSettings {
  readonly seed: number;
  readonly stepTotal: number;
  /** Of them, those on rows full of questions, in the mixture named practice. */
  readonly practiceSteps: number;
  readonly mixture: Mixture;
  /** Sequences per step; twice as many where each is one question, which is about half as long. */
  readonly rows: number;
  readonly peakRate: number;
  readonly warmupSteps: number;
  readonly decaySteps: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

export interface ReasonerProgress {
  readonly step: number;
  /** Read, padding not counted among them. */
  readonly targets: number;
  readonly lossNats: number;
  readonly gradientNorm: number;
}

export interface ReasonerFit {
  readonly arrays: Readonly<Record<string, NamedArray>>;
  readonly curve: readonly { readonly step: number; readonly lossNats: number }[];
  /** Predicted tokens. */
  readonly targets: number;
}

const STEPS_PER_POINT = 25;

export async function* fitReasoner(
  kernels: Kernels,
  config: DecoderConfig,
  settings: ReasonerFitSettings,
  speech: Speech,
  from?: Readonly<Record<string, NamedArray>>,
): AsyncGenerator<ReasonerProgress, ReasonerFit> {
  const rng = createRng(settings.seed);
  const { contextLength } = config;
  const initial = from ?? createParameters(config, rng);
  const learner: Learner = createLearner(kernels, config, { ...settings, contextLength }, initial);
  const { peakRate: peak, warmupSteps, decaySteps, stepTotal } = settings;
  const schedule = linearSchedule({ peak, warmupSteps, decaySteps, stepTotal });
  const practice = {
    styles: stylesOf('practice'),
    splits: ['train'],
    fillTokens: contextLength + 1,
  } as const;
  const usual = { styles: stylesOf(settings.mixture), splits: ['train'], fillTokens: 0 } as const;
  const curve: { step: number; lossNats: number }[] = [];
  let [targets, pending] = [0, [] as number[]];
  try {
    for (let step = 1; step <= stepTotal; step++) {
      const isPractice = step <= settings.practiceSteps;
      const options = isPractice ? practice : usual;
      const rowCount = isPractice ? settings.rows : 2 * settings.rows;
      const rows = Array.from({ length: rowCount }, () => drawConversation(speech, options, rng));
      const batch = createConversationBatch(rows);
      const result = await learner.apply(batch.tokens_BT1, learningRateAt(schedule, step), batch);
      targets += batch.targetCount;
      pending.push(result.lossNats);
      if (step % STEPS_PER_POINT === 0 || step === stepTotal) {
        curve.push({ step, lossNats: mean(pending) });
        pending = [];
      }
      yield { step, targets, ...result };
    }
    return { arrays: await learner.weights(), curve, targets };
  } finally {
    learner.dispose();
  }
}

export interface HeldOutLoss {
  readonly lossNats: number;
  /** Predicted tokens. */
  readonly tokenCount: number;
}

const HELD_OUT_ROWS = 64;

/** Mean cross-entropy of answers to questions of the held-out sets, in the mixture's shares. */
export function measureHeldOut(
  parameters: Parameters,
  config: DecoderConfig,
  speech: Speech,
  { mixture, conversations, seed }: { mixture: Mixture; conversations: number; seed: number },
): HeldOutLoss {
  const rng = createRng(seed);
  const options = { styles: stylesOf(mixture), splits: TEST_SETS, fillTokens: 0 };
  let [sumNats, tokenCount] = [0, 0];
  for (let done = 0; done < conversations; done += HELD_OUT_ROWS) {
    const count = Math.min(HELD_OUT_ROWS, conversations - done);
    const batch = createConversationBatch(
      Array.from({ length: count }, () => drawConversation(speech, options, rng)),
    );
    sumNats += sumOfLosses(parameters, config, batch);
    tokenCount += batch.targetCount;
  }
  return { lossNats: sumNats / tokenCount, tokenCount };
}

function sumOfLosses(parameters: Parameters, config: DecoderConfig, batch: ConversationBatch): number {
  let sumNats = 0;
  tf.tidy(() =>
    lossesOf(parameters, config, createTokenBatch(batch.tokens_BT1, batch.contextLength)).dataSync(),
  ).forEach((loss, i) => {
    sumNats += loss * batch.weights_N[i];
  });
  return sumNats;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
