/** Several responses to each of many prompts, by a model under steering. Knows nothing of rewards. */
import type { Generated } from '../lm/generate.ts';
import { generateAll } from '../lm/generate.ts';
import type { LanguageModel } from '../lm/language-model.ts';
import { openOverlay, type Steering } from './overlay.ts';

export interface Rollout {
  /** Index of its prompt. */
  readonly prompt: number;
  /** New ones, with the stop token. */
  readonly tokens: readonly number[];
  /** Of them, without the stop token. */
  readonly text: string;
  /** length: it never wrote a stop token. */
  readonly ended: Generated['ended'];
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
}

/** Bounds what is held at once: keys and values of this many sequences. */
const MOST_ROWS = 512;

/** Prompt by prompt, all responses to one side by side; the same whatever else is generated beside it. */
export async function rolloutAll(
  model: LanguageModel,
  steering: Steering | null,
  prompts: readonly (readonly number[])[],
  options: RolloutOptions,
): Promise<Rollout[]> {
  const { generations } = options;
  const overlay = openOverlay(steering, model.parameters);
  const promptsAtOnce = Math.max(1, Math.floor(MOST_ROWS / generations));
  const rollouts: Rollout[] = [];
  try {
    for (let first = 0; first < prompts.length; first += promptsAtOnce) {
      const some = prompts.slice(first, first + promptsAtOnce);
      const seed = options.seed + first * generations;
      const generated = await generateSamples({ ...model, parameters: overlay.parameters }, some, {
        ...options,
        seed,
        edits: overlay.edits,
      });
      rollouts.push(
        ...generated.map((one, row) => ({ prompt: first + Math.floor(row / generations), ...one })),
      );
    }
  } finally {
    overlay.dispose();
  }
  return rollouts;
}

/** Responses prompt by prompt; response i of prompt p draws with the seed `seed + p generations + i`. */
function generateSamples(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  {
    generations,
    stopTokens,
    ...options
  }: RolloutOptions & { edits: Parameters<typeof generateAll>[2]['edits'] },
): Promise<Generated[]> {
  const rows = prompts.flatMap((prompt) => new Array<readonly number[]>(generations).fill(prompt));
  return generateAll(model, rows, { ...options, endTokens: stopTokens });
}
