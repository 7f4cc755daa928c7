/**
 * One step of training by reinforcement: responses to some prompts, their rewards, what each earned beyond the others (RLOO), and
 * one update along the gradient. Knows nothing of checkpoints.
 */
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import type { DecoderConfig } from '../lm/config.ts';
import type { LanguageModel } from '../lm/language-model.ts';
import type { AdapterLearner } from './adapter-learner.ts';
import type { Adapter } from './adapter.ts';
import { advantages } from './advantages.ts';
import type { ChatTemplate } from './chat.ts';
import { policyGradients } from './policy-loss.ts';
import { planPasses } from './policy-passes.ts';
import type { Problem } from './problem.ts';
import type { TrainingPoint } from './record.ts';
import { pickProblems } from './prompts.ts';
import { isCorrect, type Judged, type Reward } from './rewards.ts';
import { rolloutAll, type Rollout } from './rollouts.ts';
import { seedOf } from './seeds.ts';
import type { SteeringSettings } from './settings.ts';

export interface StepInput {
  readonly kernels: Kernels;
  readonly model: LanguageModel;
  /** Stays the giver's to dispose. */
  readonly adapter: Adapter;
  readonly chat: Pick<ChatTemplate, 'encode' | 'stopTokens'>;
  readonly problems: readonly Problem[];
  readonly reward: Reward;
  readonly settings: SteeringSettings;
  /** Milliseconds. */
  readonly now: () => number;
}

export interface StepTimes {
  readonly generate: number;
  /** Reading the responses, their gradient, the update. */
  readonly learn: number;
  /** Judging, entropy, norms. */
  readonly other: number;
}

export interface StepTask {
  readonly learner: AdapterLearner;
  /** Of all the problems. */
  readonly prompts: readonly (readonly number[])[];
  readonly step: number;
  /** Generated before this step. */
  readonly tokens: number;
  readonly learningRate: number;
}

export interface StepResult {
  readonly point: TrainingPoint;
  readonly equalPrompts: number;
  readonly timesMs: StepTimes;
}

/** What a run draws on besides the order of problems (prompts.ts: 1), so that none depends on another. */
const ROLLOUTS = 2;
const REWARDS = 3;

/** Bounds a pass: what backward holds per token, and the logits of a large vocabulary. */
const MOST_PASS_TOKENS = 4096;
const MOST_PASS_LOGITS = 2 ** 25;

export async function takeStep(input: StepInput, task: StepTask): Promise<StepResult> {
  const { model, adapter, settings } = input;
  const watch = createStopwatch(input.now);
  const picked = pickProblems(input.problems.length, task.step, settings);
  const prompts = picked.map((problem) => task.prompts[problem]);
  const rollouts = await rolloutAll(model, adapter, prompts, {
    ...settings,
    stopTokens: input.chat.stopTokens,
    seed: seedOf(settings.seed, ROLLOUTS, task.step),
    withScores: true,
  });
  watch.lap('generate');
  const judged = rollouts.map((rollout): Judged => {
    const problem = input.problems[picked[rollout.prompt]];
    return { rollout, problem, isCorrect: isCorrect(rollout, problem) };
  });
  const rewards_PG = rewardAll(judged, input.reward, task.step, settings);
  const advantages_PG = advantages(rewards_PG);
  watch.lap('other');
  const gradientNorm = await learn(input, task, prompts, rollouts, advantages_PG);
  watch.lap('learn');
  const point: TrainingPoint = {
    ...describe(judged, rewards_PG.flat(), task),
    ...{ gradientNorm, norms: checkNorms(await adapter.norms(), task.step) },
  };
  watch.lap('other');
  const equalPrompts = advantages_PG.filter((row) => row.every((advantage) => advantage === 0)).length;
  return { point, equalPrompts, timesMs: watch.timesMs };
}

function createStopwatch(now: () => number): { timesMs: StepTimes; lap(part: keyof StepTimes): void } {
  const timesMs = { generate: 0, learn: 0, other: 0 };
  let lastMs = now();
  return {
    timesMs,
    lap(part) {
      const atMs = now();
      timesMs[part] += atMs - lastMs;
      lastMs = atMs;
    },
  };
}

/** Norm of the gradient. */
async function learn(
  { model, adapter, settings: { generations } }: StepInput,
  { learner, learningRate }: StepTask,
  prompts: readonly (readonly number[])[],
  rollouts: readonly Rollout[],
  advantages_PG: readonly (readonly number[])[],
): Promise<number> {
  const earned = rollouts.map((one, row) => {
    return { ...one, advantage: advantages_PG[one.prompt][row % generations] };
  });
  const passes = planPasses(prompts, earned, mostPassTokens(model.config));
  return learner.apply(policyGradients(model, adapter, passes, countTokens(rollouts)), learningRate);
}

export function mostPassTokens({ vocabSize }: Pick<DecoderConfig, 'vocabSize'>): number {
  return Math.max(1, Math.min(MOST_PASS_TOKENS, Math.floor(MOST_PASS_LOGITS / vocabSize)));
}

function describe(judged: readonly Judged[], rewards: readonly number[], { step, tokens }: StepTask) {
  const rollouts = judged.map(({ rollout }) => rollout);
  const N = countTokens(rollouts);
  return {
    step,
    tokens: tokens + N,
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
    accuracy: judged.filter((one) => one.isCorrect).length / judged.length,
    entropyNats:
      rollouts.reduce((sum, { scores = [] }) => sum + scores.reduce((a, b) => a + b.entropy, 0), 0) / N,
    responseLength: N / judged.length,
    cutShare: rollouts.filter(({ ended }) => ended === 'length').length / judged.length,
  };
}

function countTokens(rollouts: readonly Rollout[]): number {
  return rollouts.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function rewardAll(
  judged: readonly Judged[],
  reward: Reward,
  step: number,
  { prompts, generations: G, seed }: SteeringSettings,
): number[][] {
  const rng = createRng(seedOf(seed, REWARDS, step));
  const rewards = judged.map((one) => reward(one, rng));
  return Array.from({ length: prompts }, (_, prompt) => rewards.slice(prompt * G, (prompt + 1) * G));
}

function checkNorms(norms: readonly number[], step: number): readonly number[] {
  if (norms.every(Number.isFinite)) return norms;
  throw new Error(
    `Step ${step}: expected vectors of finite norm, got ${norms.join(', ')}. The training has diverged: lower the learning rate.`,
  );
}
