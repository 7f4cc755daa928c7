/** The flat config of `residua steer train`: what the command line, the queue and the run's row all hold. */
import { z } from 'zod';

import { ADAPTERS, PLACES, REWARDS } from '../../steering/record.ts';
import { STEERING_DEFAULTS } from '../../steering/settings.ts';
import { ConfigError } from '../train-sae/config.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,79}$/, 'lowercase letters, digits and dashes, at most 80');

const settings = STEERING_DEFAULTS;

export const steerConfigSchema = z
  .object({
    /** Of the run: model and vector. */
    slug,
    /** Address of the set behind the model's: residua-reasoner/<vector>. */
    vector: slug,
    name: z.string().min(1).max(120),
    modelFolder: z.string().min(1),
    /** reasoner: its own, made from a seed; else a path of JSON Lines. */
    problems: z.string().min(1),
    /** JSON Lines of held-out problems, beside those of `problems` that say they are no training ones. */
    testProblems: z.string().min(1).nullable(),
    /** Of each held-out set, the first ones. */
    testCount: z.int().min(1),
    /** Responses to each. */
    testSamples: z.int().min(1),
    adapter: z.enum(ADAPTERS),
    layers: z.union([z.literal('all'), z.array(z.int().min(0)).min(1)]),
    place: z.enum(PLACES),
    /** Of rank and lora; null: the kind's own. */
    rank: z.int().min(1).nullable(),
    /** random alone: of each layer's vector. */
    norms: z.array(z.number().min(0)).nullable(),
    reward: z.enum(REWARDS),
    /** null: by kind and depth. */
    rate: z.number().positive().nullable(),
    steps: z.int().min(1),
    prompts: z.int().min(1),
    generations: z.int().min(2),
    maxTokens: z.int().min(1),
    temperature: z.number().positive(),
    checkpointEverySteps: z.int().min(1),
    seed: z.int().min(0),
  })
  .strict()
  .refine(({ adapter, norms }) => (adapter === 'random') === (norms !== null), {
    error: 'expected with the adapter random, and with no other',
    path: ['norms'],
  });

export type SteerConfig = z.infer<typeof steerConfigSchema>;

export const STEER_DEFAULTS = {
  modelFolder: 'trainer/models/residua-reasoner',
  problems: 'reasoner',
  testCount: 400,
  /** More answers to the same problems would tell less than their count: intervals take each as a trial of its own. */
  testSamples: 1,
  adapter: 'vectors',
  layers: 'all',
  place: 'mlp.out',
  reward: 'exact',
  steps: settings.stepTotal,
  prompts: settings.prompts,
  generations: settings.generations,
  maxTokens: settings.maxTokens,
  temperature: settings.temperature,
  checkpointEverySteps: 10,
  seed: settings.seed,
} as const;

export function parseSteerConfig(input: unknown): SteerConfig {
  const parsed = steerConfigSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'config'}: ${message}`);
  throw new ConfigError(`steer train cannot run with this config:\n  ${issues.join('\n  ')}`);
}

/** Part of a run's slug, from a model's name. */
export function toSlug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''); // prettier-ignore
}

/** Everything that decides the numbers, spelt out, so that a changed default cannot change what is on record. */
export function commandOf(config: SteerConfig): string {
  const { vector, modelFolder, problems, testProblems, layers, norms, rank, rate } = config;
  const options: Record<string, string | number | null> = {
    ...{ model: nameOf(modelFolder), problems: nameOf(problems) },
    ...{ 'test-problems': testProblems && nameOf(testProblems) },
    ...{ 'test-count': config.testCount, 'test-samples': config.testSamples },
    ...{ adapter: config.adapter, layers: String(layers), place: config.place, rank },
    ...{ norms: norms && norms.join(','), reward: config.reward, rate, steps: config.steps },
    ...{ prompts: config.prompts, generations: config.generations, 'max-tokens': config.maxTokens },
    ...{ temperature: config.temperature, seed: config.seed },
  };
  const given = Object.entries(options).filter(([, value]) => value !== null);
  return `residua steer train ${vector} ${given.map(([name, value]) => `--${name} ${value}`).join(' ')}`;
}

/** Nobody else has the folder. */
const nameOf = (file: string): string => file.split('/').at(-1)!;
