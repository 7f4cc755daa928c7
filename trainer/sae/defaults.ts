/**
 * The recipe: one dial, the number of tokens, from which steps, learning rate, warm-up and the dead-feature window follow.
 * The demo is 2 M tokens of a small model; the same formulas meet the published settings at 10⁹ tokens.
 */
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import { type FitKind, KINDS } from './kinds.ts';
import type { FitSettings, SparsitySettings } from './settings.ts';

export interface Recipe {
  readonly kind?: FitKind;
  readonly hiddenWidth: number;
  /** Hidden states to train on, the dial. */
  readonly tokens: number;
  readonly batchTokens?: number;
  readonly width?: number;
  readonly k?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  /** JumpReLU's; the kind's own when absent. */
  readonly sparsityLoss?: SparsitySettings['loss'];
  readonly sparsityCoefficient?: number;
}

export const DEMO_WIDTH = 4096;
export const DEMO_K = 64;
export const DEMO_BATCH_TOKENS = 2048;
const WARMUP_SHARE = 0.05;
const DECAY_SHARE = 0.8; // staying at the peak until the last third cost 2 % more dead features
/** Bussmann's: at 0.999 the second moments lag behind the first hundred steps. */
const BETA2 = 0.99;
const SHORT_RUN_TOKENS = 500_000;
// At width 4096, measured (docs/LOG.md): half is too slow, half more or four times the tokens kills a quarter of the features.
const SHORT_RUN_RATE = 2e-3;
const LONG_RUN_RATE = 4e-4; // dictionary_learning's 2e-4 / √(F / 2^14), at width 4096

/** Falls as the root of the width, and as the root of the tokens from a short run's down to the long-run rate. */
export function peakLearningRate(width: number, tokens: number): number {
  const forLength = SHORT_RUN_RATE * Math.min(1, Math.sqrt(SHORT_RUN_TOKENS / tokens));
  return Math.sqrt(DEMO_WIDTH / width) * Math.max(LONG_RUN_RATE, forLength);
}

export function fitSettings(recipe: Recipe): FitSettings {
  const { kind = 'hierarchical-topk', hiddenWidth, width = DEMO_WIDTH, k = DEMO_K, seed = 1 } = recipe;
  const batchTokens = recipe.batchTokens ?? DEMO_BATCH_TOKENS;
  const stepTotal = Math.max(1, Math.ceil(recipe.tokens / batchTokens));
  const settings: FitSettings = {
    kind,
    width,
    hiddenWidth,
    k: Math.min(k, width),
    seed,
    stepTotal,
    schedule: linearSchedule({
      peak: recipe.learningRate ?? peakLearningRate(width, recipe.tokens),
      warmupSteps: Math.max(1, Math.round(WARMUP_SHARE * stepTotal)),
      decaySteps: Math.round(DECAY_SHARE * stepTotal),
      stepTotal,
    }),
    ...ADAM_DEFAULTS,
    beta2: BETA2,
    gradientNormLimit: 1,
    auxCoefficient: 1 / 32,
    deadAfterTokens: Math.min(10_000_000, Math.max(50_000, Math.round(recipe.tokens / 10))),
    initTokens: 16_384,
  };
  const defaults = KINDS[kind].defaults(settings, recipe.sparsityLoss);
  const { sparsity } = defaults;
  if (!sparsity) return { ...settings, ...defaults };
  const coefficient = recipe.sparsityCoefficient ?? sparsity.coefficient;
  return { ...settings, ...defaults, sparsity: { ...sparsity, coefficient } };
}
