/** The flat config of `residua budget-curve`: what the command line, the queue and the run's row all hold. */
import { z } from 'zod';

import { FIT_KINDS, type FitKind } from '../../sae/kinds.ts';
import { demoConfig } from '../demo.ts';
import { ConfigError, leastBufferTokens } from '../train-sae/config.ts';
import { corpusShares, hiddenShape } from '../train-sae/text-config.ts';

export const budgetCurveConfigSchema = z
  .object({
    /** Names the run. */
    slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'lowercase letters, digits and dashes, at most 80'),
    name: z.string().min(1).max(120),
    modelFolder: z.string().min(1),
    hookpoint: z.string().min(1),
    /** What the numbers are filed under. */
    experiment: z.string().regex(/^[a-z0-9-]+$/),
    kinds: z
      .array(z.enum(FIT_KINDS))
      .min(1)
      .refine((kinds) => new Set(kinds).size === kinds.length, { error: 'expected different ones' }),
    /** Ascending: hierarchical-topk is fitted once, at the last; the other kinds once at each. */
    budgets: z.array(z.int().min(1)).min(1),
    /** Width F of each. */
    features: z.int().min(2),
    /** Corpus to its share of the training tokens: a slug, file:<path> or hf:<dataset>; each is evaluated on. */
    corpora: corpusShares,
    ...hiddenShape,
    contextLength: z.int().min(8),
    trainTokens: z.int().min(1),
    batchTokens: z.int().min(1),
    bufferTokens: z.int().min(1),
    /** null: derived from the width. */
    learningRate: z.number().positive().nullable(),
    /** Tokens of each corpus. */
    evaluateTokens: z.int().min(1),
    metricTokens: z.int().min(1),
    checkpointEverySteps: z.int().min(1),
    reportEverySteps: z.int().min(1),
    seed: z.int().min(0),
  })
  .strict()
  .refine(({ budgets }) => budgets.every((budget, i) => i === 0 || budget > budgets[i - 1]), {
    error: 'expected ascending numbers',
    path: ['budgets'],
  })
  .refine(({ budgets, features }) => budgets[budgets.length - 1] <= features, {
    error: 'expected at most the number of features',
    path: ['budgets'],
  })
  .refine((config) => config.bufferTokens >= leastBufferTokens(config), {
    error: ({ input }) =>
      `expected at least ${leastBufferTokens(input as { batchTokens: number; contextLength: number })} (a batch, and what the model reads at once)`,
    path: ['bufferTokens'],
  });

export type BudgetCurveConfig = z.infer<typeof budgetCurveConfigSchema> & {
  readonly corpora: Readonly<Record<string, number>>;
};

/** Where no option says otherwise. */
export const BUDGET_CURVE_DEFAULTS = {
  modelFolder: demoConfig.modelFolder,
  hookpoint: demoConfig.hookpoint,
  experiment: 'budget-curve',
  kinds: ['hierarchical-topk', 'topk', 'batch-topk', 'jumprelu'] as FitKind[],
  budgets: [...demoConfig.budgets],
  features: demoConfig.features,
  corpora: demoConfig.corpora,
  contextLength: demoConfig.contextLength,
  trainTokens: 1_000_000,
  batchTokens: demoConfig.batchTokens,
  bufferTokens: demoConfig.bufferTokens,
  evaluateTokens: 20_000,
  metricTokens: 4_096,
  checkpointEverySteps: 100,
  reportEverySteps: 10,
  seed: 0,
} as const;

export function parseBudgetCurveConfig(input: unknown): BudgetCurveConfig {
  const parsed = budgetCurveConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data as BudgetCurveConfig;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigError(`budget-curve cannot run with this config:\n  ${issues.join('\n  ')}`);
}

/** Tokens trained on: whole batches. */
export function curveTokens({
  trainTokens,
  batchTokens,
}: Pick<BudgetCurveConfig, 'trainTokens' | 'batchTokens'>): number {
  return Math.ceil(trainTokens / batchTokens) * batchTokens;
}
