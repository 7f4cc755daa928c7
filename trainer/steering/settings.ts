/**
 * What a training of vectors is told, besides model, adapter, problems and reward: everything that decides its numbers. The
 * paper's values (2509.06608, its repository) where a model of millions and not of billions can have them.
 */
import type { AdapterKind } from './record.ts';

export interface SteeringSettings {
  readonly seed: number;
  readonly stepTotal: number;
  /** Of a step. */
  readonly prompts: number;
  /** Responses to a prompt. */
  readonly generations: number;
  /** Of a response, at most. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Of each layer of the adapter, parallel to them; an adapter whose layers share variables has the first. */
  readonly rates: readonly number[];
  /** Share of the steps over which the rate rises; then it stays. */
  readonly warmupShare: number;
  readonly clipNorm: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** 128 prompts and 314 steps there. Adam's are those of PyTorch's AdamW, without decay. */
export const STEERING_DEFAULTS = {
  seed: 1,
  stepTotal: 100,
  prompts: 16,
  generations: 16,
  maxTokens: 56,
  temperature: 1,
  warmupShare: 0.03,
  clipNorm: 2,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
} as const;

/**
 * Vectors of one layer: the paper has 3e-3 at the first, 1e-2 half-way, 1e-1 at the last. Tried on the reasoner 0.4 beats 0.1 at
 * layer 2; even on a logarithmic scale, as there.
 */
const FIRST_RATE = 0.2;
const LAST_RATE = 0.8;

/** All layers together 1e-3, full 1e-6, LoRA 1e-4, rank 5e-3 there: larger here, for steps are fewer and the model smaller. */
const RATES: Record<Exclude<AdapterKind, 'random'>, number> = {
  vectors: 8e-2,
  rank: 5e-2,
  adaptive: 5e-2,
  lora: 1e-2,
  full: 4e-4,
};

/** Of each layer: those of single vectors rise with depth, as in the paper. */
export function defaultRates(kind: AdapterKind, layers: readonly number[], layerCount: number): number[] {
  if (kind === 'random') return layers.map(() => 0);
  if (kind !== 'vectors' || layers.length > 1) return layers.map(() => RATES[kind]);
  const depth = layerCount > 1 ? layers[0] / (layerCount - 1) : 1;
  return [FIRST_RATE * (LAST_RATE / FIRST_RATE) ** depth];
}

export function warmupSteps({ warmupShare, stepTotal }: SteeringSettings): number {
  return Math.ceil(warmupShare * stepTotal);
}

export function checkSettings(settings: SteeringSettings, layerCount: number): void {
  const { stepTotal, prompts, generations, maxTokens, temperature, rates } = settings;
  const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  const expectAll: readonly (readonly [boolean, string, unknown])[] = [
    [isCount(stepTotal, 1), 'steps from 1', stepTotal],
    [isCount(prompts, 1), 'prompts per step from 1', prompts],
    [
      isCount(generations, 2),
      'generations per prompt from 2, which are compared with each other',
      generations,
    ],
    [isCount(maxTokens, 1), 'tokens of a response from 1', maxTokens],
    [temperature > 0 && temperature < Infinity, 'a temperature above 0', temperature],
    [
      rates.length === layerCount && rates.every((rate) => rate > 0 && rate < Infinity),
      `a learning rate above 0 for each of ${layerCount} layers`,
      rates.join(', '),
    ],
  ];
  for (const [isRight, expected, got] of expectAll) {
    if (!isRight)
      throw new Error(`Training of vectors: expected ${expected}, got ${String(got)}. Mend the settings.`);
  }
}
