/** What the metrics of a run mean on a page: title, unit, how to write a value. A name not listed here is still drawn. */
import { parseMetric } from './fits.ts';
import { formatLarge, formatPercent, formatShare, formatValue } from '../../ui/numbers.ts';

export interface MetricKind {
  readonly title: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly colour: 'base' | 'boosted' | 'steering' | 'muted';
  readonly fromZero: boolean;
}

const value = { format: formatValue, colour: 'base', fromZero: false } as const;

const speed = {
  ...value,
  unit: 'tokens/s, 0 where it had nothing to do',
  format: formatLarge,
  colour: 'muted',
  fromZero: true,
} as const;

/** In the order of the page. */
const KINDS: Readonly<Record<string, MetricKind>> = {
  loss: { ...value, title: 'Loss', unit: 'mean over budgets, about FVU' },
  explainedVariance: { ...value, title: 'Explained variance', unit: 'share', format: formatShare },
  deadFraction: { ...value, title: 'Dead features', unit: 'share', format: formatPercent, fromZero: true },
  tokensPerSecond: {
    ...value,
    title: 'Speed',
    unit: 'tokens/s',
    format: formatLarge,
    colour: 'muted',
    fromZero: true,
  },
  l0: { ...value, title: 'L0', unit: 'acts ≠ 0 per token', colour: 'muted' },
  auxLoss: {
    ...value,
    title: 'Auxiliary loss',
    unit: 'share of what is left, by dead features',
    colour: 'muted',
  },
  modelTokensPerSecond: { ...speed, title: 'Speed of the model' },
  cacheTokensPerSecond: { ...speed, title: 'Speed of the cache' },
  bufferTokensPerSecond: { ...speed, title: 'Speed of the shuffle buffer' },
  fitTokensPerSecond: { ...speed, title: 'Speed of the fit' },
  reward: { ...value, title: 'Reward', unit: 'mean over answers', colour: 'steering', fromZero: true },
  accuracy: {
    ...value,
    title: 'Right answers',
    unit: 'share, whatever the reward',
    format: formatPercent,
    colour: 'steering',
    fromZero: true,
  },
  entropy: { ...value, title: 'Entropy', unit: 'nats per generated token', colour: 'steering' },
  'response-length': { ...value, title: 'Length', unit: 'tokens per answer', colour: 'steering' },
  'cut-share': {
    ...value,
    title: 'Cut answers',
    unit: 'share that never wrote a stop token',
    format: formatPercent,
    colour: 'muted',
    fromZero: true,
  },
  'gradient-norm': {
    ...value,
    title: 'Gradient',
    unit: 'Euclidean norm before clipping',
    colour: 'muted',
    fromZero: true,
  },
  learningRate: { ...value, title: 'Learning rate', unit: 'per step', colour: 'muted', fromZero: true },
};

/** The one that only counts up: a fact, not a curve. */
export const TOKENS_SEEN = 'tokens';

/** Where they mean something else for a boost: it learns what its base leaves over, and has the colour of boosts. */
const BOOST_UNITS: Readonly<Record<string, string>> = {
  loss: 'about FVU of what the base misses',
  explainedVariance: 'share of what the base misses',
  l0: 'acts ≠ 0 per token, beside those of the base',
};

/** `command`: the kind of the run. */
export function metricKind(name: string, command: string): MetricKind {
  const { fit, measure } = parseMetric(name);
  const kind = KINDS[measure] ?? vectorNorm(measure) ?? { ...value, title: spaced(measure), unit: '' };
  if (fit !== null) return { ...kind, title: `${kind.title}, ${fit}` };
  if (command !== 'boost') return kind;
  const colour = kind.colour === 'base' ? 'boosted' : kind.colour;
  return { ...kind, colour, unit: BOOST_UNITS[name] ?? kind.unit };
}

/** vector-norm-3: how long the steering vector of layer 3 is. */
function vectorNorm(measure: string): MetricKind | null {
  const layer = /^vector-norm-(\d+)$/.exec(measure)?.[1];
  if (layer === undefined) return null;
  return { ...value, title: `Norm, layer ${layer}`, unit: 'Euclidean', colour: 'steering', fromZero: true };
}

/** Known ones first, in their order; the rest by name. */
export function orderMetrics(names: Iterable<string>): string[] {
  const known = Object.keys(KINDS);
  const place = (name: string) => {
    const { measure } = parseMetric(name);
    return known.includes(measure) ? known.indexOf(measure) : known.length;
  };
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** gradientNorm → Gradient norm */
function spaced(name: string): string {
  const words = name
    .replace(/[._-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Commands that report numbers, and the phases before they do. */
const TRAINING_COMMANDS: readonly string[] = ['train-sae', 'boost', 'budget-curve', 'steer-train'];
const BEFORE_TRAINING: readonly string[] = ['', 'prepare', 'harvest'];

/** What to say of a run without numbers; nothing where none will come. */
export function promiseOfNumbers(run: { readonly kind: string; readonly phase: string }): string | null {
  if (!TRAINING_COMMANDS.includes(run.kind)) return null;
  if (BEFORE_TRAINING.includes(run.phase)) return 'No numbers yet: the first come when training begins.';
  return run.phase === 'train' ? 'No numbers yet: the first come with its next report.' : null;
}
