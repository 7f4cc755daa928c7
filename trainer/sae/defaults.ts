/** The demo's recipe: one dial, the number of tokens, from which steps, warm-up and the dead-feature window follow. */
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import type { DictionaryKind } from './kinds.ts';
import type { FitSettings } from './settings.ts';

export interface Recipe {
  readonly kind?: DictionaryKind;
  readonly hiddenWidth: number;
  /** Hidden states to train on, the dial. */
  readonly tokens: number;
  readonly batchTokens?: number;
  readonly width?: number;
  readonly k?: number;
  readonly learningRate?: number;
  readonly seed?: number;
}

export const DEMO_WIDTH = 4096;
export const DEMO_K = 64;
export const DEMO_BATCH_TOKENS = 2048;
const WARMUP_SHARE = 0.05;
const DECAY_SHARE = 0.3;

export function fitSettings(recipe: Recipe): FitSettings {
  const { kind = 'hierarchical-topk', hiddenWidth, width = DEMO_WIDTH, k = DEMO_K, seed = 1 } = recipe;
  const batchTokens = recipe.batchTokens ?? DEMO_BATCH_TOKENS;
  const stepTotal = Math.max(1, Math.ceil(recipe.tokens / batchTokens));
  return {
    kind,
    width,
    hiddenWidth,
    k: Math.min(k, width),
    seed,
    stepTotal,
    schedule: linearSchedule({
      peak: recipe.learningRate ?? 1e-3,
      warmupSteps: Math.max(1, Math.round(WARMUP_SHARE * stepTotal)),
      decaySteps: Math.round(DECAY_SHARE * stepTotal),
      stepTotal,
    }),
    ...ADAM_DEFAULTS,
    gradientNormLimit: 1,
    auxCoefficient: 1 / 32,
    deadAfterTokens: Math.min(10_000_000, Math.max(50_000, Math.round(recipe.tokens / 10))),
    initTokens: 16_384,
  };
}
