/**
 * What a training of vectors is told, besides model, adapter, problems and reward: everything that decides its numbers. The
 * paper's values (2509.06608, its repository) where a model of millions and not of billions can have them.
 */
import { linearSchedule, type Schedule } from '../optim/schedule.ts';
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
  /** Share of the steps over which the rate rises. */
  readonly warmupShare: number;
  /** Share of the steps, the last ones, over which it falls to 0; 0: it stays. */
  readonly decayShare: number;
  readonly clipNorm: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * 128 prompts and 314 steps there, and a rate that stays. With a quarter of its responses a step is half chance, which a falling
 * rate takes out again. Adam's are those of PyTorch's AdamW, without decay of weights.
 */
export const STEERING_DEFAULTS = {
  seed: 1,
  stepTotal: 64,
  prompts: 32,
  generations: 16,
  maxTokens: 56,
  temperature: 1,
  warmupShare: 0.03,
  decayShare: 0.5,
  clipNorm: 2,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
} as const;

/** Rates of the first and the last layer, and on a logarithmic scale between them. */
type DepthRates = readonly [number, number];

/**
 * Of vectors. The paper has 3e-3 at the first layer alone, 1e-2 half-way, 1e-1 at the last; together one rate, 1e-3. Tried on the
 * reasoner, layers together want such a scale as well: at one rate the last learns too little or the first ones drift.
 */
const ALONE: DepthRates = [0.2, 3];
const TOGETHER: DepthRates = [0.05, 0.8];

/** Full 1e-6, LoRA 1e-4, rank 5e-3 there: larger here, for steps are fewer and the model smaller. */
const RATES: Record<Exclude<AdapterKind, 'random' | 'vectors'>, number> = {
  rank: 5e-2,
  adaptive: 5e-2,
  lora: 1e-2,
  full: 4e-4,
};

/** Of each layer. */
export function defaultRates(kind: AdapterKind, layers: readonly number[], layerCount: number): number[] {
  if (kind === 'random') return layers.map(() => 0);
  if (kind !== 'vectors') return layers.map(() => RATES[kind]);
  const [first, last] = layers.length > 1 ? TOGETHER : ALONE;
  return layers.map((layer) => first * (last / first) ** (layerCount > 1 ? layer / (layerCount - 1) : 1));
}

export function createSchedule({
  rates: [peak],
  stepTotal,
  warmupShare,
  decayShare,
}: SteeringSettings): Schedule {
  const warmupSteps = Math.ceil(warmupShare * stepTotal);
  return linearSchedule({ peak, warmupSteps, decaySteps: Math.floor(decayShare * stepTotal), stepTotal });
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
