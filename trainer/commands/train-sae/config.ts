/** The flat config of `residua train-sae`: what the command line, the queue and the run's row all hold. */
import { z } from 'zod';

import { MAX_ACTS } from '../../interp/act-table.ts';
import { FIT_KINDS, type FitKind, largestBudget } from '../../sae/kinds.ts';
import { corpusShares, hiddenShape, skipFirstOf } from './text-config.ts';

export const SEQUENCES_PER_BATCH = 16; // 2,048 tokens of context 128: large products, small tensors
export const WINDOWS_PER_BATCH = 16;

const MAX_FEATURES = 1 << 20; // wider dictionaries need sharding, which one process does not do

export const trainSaeConfigSchema = z
  .object({
    /** Address of the dictionary on the site. */
    slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'lowercase letters, digits and dashes, at most 80'),
    name: z.string().min(1).max(120),
    /** Folder with config.json, model.safetensors and tokenizer.json; relative paths start at the checkout. */
    modelFolder: z.string().min(1),
    hookpoint: z.string().min(1),
    kind: z.enum(FIT_KINDS),
    /** JumpReLU: what asks for fewer acts; step-l0, aimed at k, when absent. */
    sparsityLoss: z.enum(['step-l0', 'tanh']).optional(),
    /** Its weight; the recipe's when absent. */
    sparsityCoefficient: z.number().positive().optional(),
    /** Width F. */
    features: z.int().min(2).max(MAX_FEATURES),
    /** Acts per token: exactly, or on average where a threshold chooses. */
    k: z.int().min(1),
    /** Budgets the read-out reports, ascending. The last is the largest there is: it answers whoever asks without one. */
    budgets: z.array(z.int().min(1)).min(1),
    /** Corpus to its share of the training tokens: a slug, file:<path> or hf:<dataset>. */
    corpora: corpusShares,
    ...hiddenShape,
    /** Tokens of a sequence. */
    contextLength: z.int().min(8),
    trainTokens: z.int().min(1),
    /** Rows of a training step. */
    batchTokens: z.int().min(1),
    /** Hidden states held for shuffling. */
    bufferTokens: z.int().min(1),
    /** null: derived from the width. */
    learningRate: z.number().positive().nullable(),
    /** Tokens of the read-out. */
    readTokens: z.int().min(1),
    /** Tokens of the cross-entropy metrics (each budget is a forward pass of the model). */
    metricTokens: z.int().min(1),
    checkpointEverySteps: z.int().min(1),
    reportEverySteps: z.int().min(1),
    seed: z.int().min(0),
  })
  .strict()
  .refine(({ k, features }) => k <= features, {
    error: ({ input }) => {
      const { k, features } = input as { k: number; features: number };
      return `expected at most the number of features, ${features}, got ${k}`;
    },
    path: ['k'],
  })
  .refine(
    ({ kind, k, features, budgets }) =>
      budgets.every((budget, i) => i === 0 || budget > budgets[i - 1]) &&
      budgets.at(-1) === largestBudget(kind, k, features),
    {
      error: ({ input }) => {
        const { kind, k, features } = input as { kind: FitKind; k: number; features: number };
        const largest = largestBudget(kind, k, features);
        return `expected ascending numbers, the last of them ${largest} (k, or four times k where thresholds choose)`;
      },
      path: ['budgets'],
    },
  )
  .refine(({ readTokens, k }) => readTokens * k <= MAX_ACTS, {
    error: ({ input }) => {
      const { readTokens, k } = input as { readTokens: number; k: number };
      return `expected at most ${Math.floor(MAX_ACTS / k)} with a k of ${k} (${MAX_ACTS} acts), got ${readTokens}`;
    },
    path: ['readTokens'],
  })
  .refine((config) => config.bufferTokens >= leastBufferTokens(config), {
    error: ({ input }) => {
      const least = leastBufferTokens(input as BufferedTokens);
      return `expected at least ${least} (a batch, and what the model reads at once), got ${(input as { bufferTokens: number }).bufferTokens}`;
    },
    path: ['bufferTokens'],
  });

export type TrainSaeConfig = z.infer<typeof trainSaeConfigSchema>;

/** After a fill one model batch less a row may be missing; what is left must cover a batch (harvest/harvest.ts). */
export function leastBufferTokens(given: BufferedTokens): number {
  return given.batchTokens + SEQUENCES_PER_BATCH * (given.contextLength - skipFirstOf(given)) - 1;
}

interface BufferedTokens {
  readonly batchTokens: number;
  readonly contextLength: number;
  readonly skipFirst?: number;
}

/** Tokens trained on: whole batches, so a few more than asked for. */
export function trainedTokens({ trainTokens, batchTokens }: TrainSaeConfig): number {
  return Math.ceil(trainTokens / batchTokens) * batchTokens;
}

/** The budgets of whoever names none: 4, 8, 16, ... and the largest. */
export function budgetsUpTo(k: number): number[] {
  const budgets: number[] = [];
  for (let budget = 4; budget < k; budget *= 2) budgets.push(budget);
  return [...budgets, k];
}

export class ConfigError extends Error {}

export function parseTrainSaeConfig(input: unknown): TrainSaeConfig {
  const parsed = trainSaeConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigError(`train-sae cannot run with this config:\n  ${issues.join('\n  ')}`);
}
