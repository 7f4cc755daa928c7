/** Several responses to each of many prompts, by a model under steering. Knows nothing of rewards. */
import { generateAll, type Generated } from '../lm/generate.ts';
import type { LanguageModel } from '../lm/language-model.ts';
import { openOverlay, type Steering } from './overlay.ts';

/** Its tokens with the stop token, its text without; ended length: it never wrote one. */
export interface Rollout extends Generated {
  /** Index of its prompt. */
  readonly prompt: number;
}

export interface RolloutOptions {
  /** Responses per prompt. */
  readonly generations: number;
  /** Of a response, at most. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  /** Ids that end a response. */
  readonly stopTokens: readonly number[];
  /** How likely each token was, and how open the choice. */
  readonly withScores?: boolean;
}

/** Bounds what is held at once: keys and values of this many sequences, and what reading this many different prompts takes. */
export const MOST_ROWS = 512;
export const MOST_PROMPTS = 128;

/** Prompt by prompt, all responses to one side by side; the same whatever else is generated beside it. */
export async function rolloutAll(
  model: LanguageModel,
  steering: Steering | null,
  prompts: readonly (readonly number[])[],
  { generations, stopTokens, seed, ...rest }: RolloutOptions,
): Promise<Rollout[]> {
  const overlay = openOverlay(steering, model.parameters);
  const promptsAtOnce = Math.min(MOST_PROMPTS, Math.max(1, Math.floor(MOST_ROWS / generations)));
  const rollouts: Rollout[] = [];
  try {
    for (let first = 0; first < prompts.length; first += promptsAtOnce) {
      const generated = await generateAll(model, prompts.slice(first, first + promptsAtOnce), {
        ...{ maxTokens: rest.maxTokens, temperature: rest.temperature, withScores: rest.withScores },
        ...{ endTokens: stopTokens, samples: generations, seed: seed + first * generations },
        ...{ parameters: overlay.parameters, edits: overlay.edits },
      });
      generated.forEach((one, row) =>
        rollouts.push({ prompt: first + Math.floor(row / generations), ...one }),
      );
    }
  } finally {
    overlay.dispose();
  }
  return rollouts;
}
