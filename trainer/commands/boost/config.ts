/** The flat config of `residua boost`: what the command line, the queue and the run's row all hold. */
import { z } from 'zod';

import { METHODS } from '../../boost/methods.ts';
import { BOOST_ENCODER_DECAY, BOOST_FEATURES, BOOST_K } from '../../boost/settings.ts';
import { demoConfig } from '../demo.ts';
import { ConfigError, leastBufferTokens } from '../train-sae/config.ts';
import { corpusName, hiddenShape } from '../train-sae/text-config.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'lowercase letters, digits and dashes, at most 80');

export const boostConfigSchema = z
  .object({
    /** Address of the boost on the site; names the run. */
    slug,
    name: z.string().min(1).max(120),
    /** Slug of the published dictionary that is boosted and stays as it is. */
    base: slug,
    modelFolder: z.string().min(1),
    /** What the numbers are filed under. */
    experiment: z.string().regex(/^[a-z0-9-]+$/),
    /** Filed as method boost-<variant>: for sweeps over what a trial's slug does not name. */
    variant: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .optional(),
    /** The corpus to adapt to. */
    corpus: corpusName,
    /** Its domain in a word. */
    domain: z.string().regex(/^[a-z0-9-]+$/, 'lowercase letters, digits and dashes'),
    /** Corpora of text the base knows: what must not get worse. The boost is read out on the first, too. */
    general: z.array(corpusName).min(1),
    /** More corpora to evaluate on: other domains. */
    others: z.array(corpusName),
    methods: z
      .array(z.enum(METHODS))
      .refine((methods) => methods.includes('boost') && new Set(methods).size === methods.length, {
        error: 'expected different ones, boost among them',
      }),
    /** Whether the boost becomes a dictionary of the site; its numbers are stored anyway. */
    publish: z.boolean(),
    features: z.int().min(1),
    /** Acts per token on average. */
    k: z.int().min(1),
    trainTokens: z.int().min(1),
    batchTokens: z.int().min(1),
    bufferTokens: z.int().min(1),
    learningRate: z.number().positive().nullable(),
    /** AdamW's weight decay, of the encoder alone. */
    encoderDecay: z.number().min(0),
    /** As the base was trained: anything else shifts what it reads. */
    ...hiddenShape,
    contextLength: z.int().min(8),
    readTokens: z.int().min(1),
    /** Tokens of each corpus every method is evaluated on. */
    evaluateTokens: z.int().min(1),
    metricTokens: z.int().min(1),
    /** Windows of text to show base and boost on. */
    passages: z.int().min(0).max(100),
    checkpointEverySteps: z.int().min(1),
    reportEverySteps: z.int().min(1),
    seed: z.int().min(0),
  })
  .strict()
  .refine(({ k, features }) => k <= features, {
    error: 'expected at most the number of features',
    path: ['k'],
  })
  .refine(
    ({ corpus, general, others }) =>
      new Set([corpus, ...general, ...others]).size === 1 + general.length + others.length,
    {
      error: 'expected corpora that differ from each other and from the one adapted to',
      path: ['general'],
    },
  )
  .refine((config) => config.bufferTokens >= leastBufferTokens(config), {
    error: ({ input }) =>
      `expected at least ${leastBufferTokens(input as { batchTokens: number; contextLength: number })} (a batch, and what the model reads at once)`,
    path: ['bufferTokens'],
  });

export type BoostConfig = z.infer<typeof boostConfigSchema>;

/** Where no option says otherwise: a boost of the demo's size, a minute on two cores. */
export const BOOST_DEFAULTS = {
  experiment: 'boost',
  modelFolder: demoConfig.modelFolder,
  general: ['english-prose'],
  others: [] as string[],
  methods: ['base', 'boost'] as BoostConfig['methods'],
  features: BOOST_FEATURES,
  k: BOOST_K,
  encoderDecay: BOOST_ENCODER_DECAY,
  trainTokens: 200_000,
  batchTokens: 2048,
  bufferTokens: 32_768,
  contextLength: demoConfig.contextLength,
  readTokens: 60_000,
  evaluateTokens: 20_000,
  metricTokens: 8_192,
  passages: 12,
  checkpointEverySteps: 50,
  reportEverySteps: 5,
  seed: 0,
} as const;

/** All corpora, the domain's first. */
export function corporaOf({ corpus, general, others }: BoostConfig): string[] {
  return [corpus, ...general, ...others];
}

export function boostedTokens({ trainTokens, batchTokens }: BoostConfig): number {
  return Math.ceil(trainTokens / batchTokens) * batchTokens;
}

export function parseBoostConfig(input: unknown): BoostConfig {
  const parsed = boostConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigError(`boost cannot run with this config:\n  ${issues.join('\n  ')}`);
}
