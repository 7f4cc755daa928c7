/** Made-up studies of steering vectors: accuracy by condition, gain by layer, pairs and transfer. */
import {
  ALL_GAIN,
  BASE_SCORES,
  createCurve,
  LAYER_GAINS,
  provenance,
  scoresOf,
  share,
  STEERING_MODEL,
} from './fixture-steering-numbers.ts';
import type { FixtureSteeringStudy } from './fixture-steering.ts';
import type {
  AccuracyCondition,
  AccuracyStudy,
  AdapterKind,
  Estimate,
  GainCurve,
  PairStudy,
  RewardKind,
  SteeringFigure,
  SteeringPart,
  TransferStudy,
} from './steering-record.ts';

const SEEDS = [1, 2, 3];
const PARAMETERS = 1_234_567;
const { slug, layers: LAYERS, width, mlpWidth } = STEERING_MODEL;
const base = share(BASE_SCORES[3].accuracy.value);

/** Accuracy on all problems of what gains so much of those that the untouched model gets wrong. */
const gained = (gain: number, ...words: (string | number)[]): Estimate =>
  scoresOf(gain, ...words)[3].accuracy;

function head<Part extends SteeringPart>(part: Part, ...paper: SteeringFigure[]) {
  return {
    format: 'residua-steering-study-1' as const,
    ...{ part, model: slug, modelParameterCount: PARAMETERS, seeds: SEEDS, paper },
    provenance: provenance(`residua steer study --part ${part} --seeds ${SEEDS.join(',')}`, 4_321),
  };
}

export function createSteeringStudies(): FixtureSteeringStudy[] {
  return [createAccuracy(), createGainCurve(), createPairs(), createTransfer()];
}

interface Condition {
  readonly name: string;
  readonly gain: number;
  readonly adapter: AdapterKind;
  readonly reward?: RewardKind;
  readonly parameterCount: number;
  readonly rate: number;
  /** Of the stored sets, the name before its seed. */
  readonly stored?: string;
}

const CONDITIONS: readonly Condition[] = [
  { name: 'all-layers', gain: ALL_GAIN, adapter: 'vectors', parameterCount: LAYERS * width, rate: 0.02, stored: 'all-seed-' }, // prettier-ignore
  { name: 'full', gain: 0.78, adapter: 'full', parameterCount: PARAMETERS, rate: 1e-4 },
  { name: 'lora', gain: 0.75, adapter: 'lora', parameterCount: LAYERS * (width + mlpWidth), rate: 1e-3 },
  { name: 'adaptive', gain: 0.6, adapter: 'adaptive', parameterCount: width + mlpWidth, rate: 0.01, stored: 'adaptive-2-seed-' }, // prettier-ignore
  { name: 'rank-1', gain: 0.51, adapter: 'rank', parameterCount: LAYERS + width, rate: 0.02 },
  { name: 'random-reward', gain: 0.01, adapter: 'vectors', reward: 'random', parameterCount: LAYERS * width, rate: 0.02, stored: 'random-reward-seed-' }, // prettier-ignore
  { name: 'random-vector', gain: -0.03, adapter: 'random', parameterCount: 0, rate: 0, stored: 'random-seed-' }, // prettier-ignore
];

function createCondition({
  name,
  gain,
  adapter,
  reward = 'exact',
  parameterCount,
  rate,
  stored,
}: Condition): AccuracyCondition {
  // prettier-ignore
  const isVector = adapter !== 'full' && adapter !== 'lora';
  return {
    ...{ name, adapter, reward, parameterCount, rate },
    // Only the first seed of some is stored.
    vectors: SEEDS.map((seed) => (stored && (name === 'all-layers' || seed === 1) ? `${slug}/${stored}${seed}` : null)), // prettier-ignore
    scoresBySeed: SEEDS.map((seed) => scoresOf(gain, name, seed)),
    curveBySeed: SEEDS.map((seed) =>
      adapter === 'random' ? [] : createCurve(gain, isVector ? LAYERS : 0, name, seed),
    ),
    stepMs: { generate: 820, learn: isVector ? 240 : 410, other: 30 },
  };
}

function createAccuracy(): FixtureSteeringStudy & AccuracyStudy {
  const text = 'Vectors come within a few points of full fine-tuning.';
  return {
    ...head('accuracy', { name: 'vectors against full training', unit: 'finding', value: null, text, source: 'table 1' }), // prettier-ignore
    base: BASE_SCORES,
    conditions: CONDITIONS.map(createCondition),
  };
}

function createGainCurve(): FixtureSteeringStudy & GainCurve {
  return {
    ...head('gain-curve'),
    ...{ testSet: 'all', base, allLayers: SEEDS.map((seed) => gained(ALL_GAIN, 'all', seed)) },
    layers: LAYER_GAINS.map((gain, layer) => ({
      ...{ layer, rate: 0.02 },
      vectors: SEEDS.map((seed) => (seed === 1 ? `${slug}/layer-${layer}-seed-1` : null)),
      bySeed: SEEDS.map((seed) => gained(gain, 'layer', layer, seed)),
    })),
  };
}

function createPairs(): FixtureSteeringStudy & PairStudy {
  const allLayers = gained(ALL_GAIN, 'pairs');
  const singles = LAYER_GAINS.map((gain, layer) => ({ layer, accuracy: gained(gain, 'single', layer) }));
  return {
    ...head('pairs'),
    ...{ testSet: 'all', base, allLayers, singles },
    pairs: LAYER_GAINS.flatMap((gain, first) =>
      LAYER_GAINS.flatMap((other, second) => {
        if (second <= first) return [];
        const accuracy = gained(Math.max(gain, other) + 0.06, 'pair', first, second);
        const best = Math.max(singles[first].accuracy.value, singles[second].accuracy.value);
        const rest = allLayers.value - best;
        return { first, second, accuracy, gain: rest > 0 ? (accuracy.value - best) / rest : null };
      }),
    ),
  };
}

const FAMILY = [
  [slug, 'The fixture model.', 0.433],
  [`${slug}-steps`, 'Further trained on steps; not here.', 0.61],
  [`${slug}-terse`, 'Further trained on bare answers; not here.', 0.3],
] as const;

function createTransfer(): FixtureSteeringStudy & TransferStudy {
  const models = FAMILY.map(([model, description, accuracy]) => ({
    ...{ model, description, base: share(accuracy) },
  }));
  return {
    ...head('transfer'),
    ...{ testSet: 'all', models },
    cells: models.flatMap((donor) =>
      models.map((recipient) => {
        const own = 0.7 * (1 - recipient.base.value);
        const kept = donor === recipient ? 1 : 0.55;
        const accuracy = share(recipient.base.value + kept * own);
        const ownAccuracy = share(recipient.base.value + own);
        return {
          ...{ donor: donor.model, recipient: recipient.model, accuracy },
          normalised: (accuracy.value - recipient.base.value) / (ownAccuracy.value - recipient.base.value),
        };
      }),
    ),
  };
}
