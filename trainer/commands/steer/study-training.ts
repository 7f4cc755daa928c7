/** The trainings of a study: each kept with its accuracy, so that parts share them and a killed study goes on. */
import path from 'node:path';
import { measureAccuracy } from '../../steering/accuracy.ts';
import type { Adapter } from '../../steering/adapter.ts';
import type { AppliedVectors } from '../../steering/applied-vectors.ts';
import { createAdapter } from '../../steering/create-adapter.ts';
import type { SteeringOutcome } from '../../steering/fit.ts';
import type {
  AdapterKind,
  RewardKind,
  SteeringProvenance,
  TestScore,
  TrainingPoint,
  VectorRecord,
} from '../../steering/record.ts';
import { defaultRates, STEERING_DEFAULTS, type SteeringSettings } from '../../steering/settings.ts';
import { createVectorRecord } from '../../steering/vector-record.ts';
import { createProvenance, type SteerBench } from './bench.ts';
import { fitAdapter } from './fit-adapter.ts';
import { keep, keyOf } from '../kept.ts';

/** Steps and sizes that all trainings of a study share. */
export interface StudyPlan {
  readonly steps: number;
  readonly prompts: number;
  readonly generations: number;
  readonly maxTokens: number;
}

export interface TrainingSpec {
  /** all, layer-3, full, random-reward, ...: of the slug. */
  readonly name: string;
  readonly title: string;
  readonly kind: AdapterKind;
  readonly reward: RewardKind;
  readonly layers: readonly number[];
  readonly seed: number;
  readonly rank?: number;
  /** random: of the vectors it is to be compared with. */
  readonly norms?: readonly number[];
}

export interface Trained {
  readonly spec: TrainingSpec;
  /** Of the layer with the greatest. */
  readonly rate: number;
  readonly parameterCount: number;
  /** Null for weights that are no vectors. */
  readonly vector: VectorRecord | null;
  readonly scores: readonly TestScore[];
  readonly curve: readonly TrainingPoint[];
  readonly stepMs: SteeringOutcome['stepMs'];
  /** Training and measuring. */
  readonly seconds: number;
}

export function trainingFolder({ folder, model, problems }: SteerBench, plan: StudyPlan): string {
  const sizes = `n${plan.steps}-p${plan.prompts}-g${plan.generations}-t${plan.maxTokens}`;
  const facts = `${model.sha256.slice(0, 8)}-${problems.sha256.slice(0, 8)}`;
  return path.join(folder, 'study', `${model.slug}-${facts}-${sizes}`);
}

/** Trained, or found where it ended before with the same settings. */
export async function openTraining(bench: SteerBench, plan: StudyPlan, spec: TrainingSpec): Promise<Trained> {
  const settings = settingsOf(spec, plan, bench.model.config.layerCount);
  const name = `${spec.name}-seed-${spec.seed}-${keyOf([settings, spec.norms ?? null])}`;
  const folder = path.join(trainingFolder(bench, plan), name);
  return keep(path.join(folder, 'trained.json'), () =>
    train(bench, plan, spec, path.join(folder, 'checkpoints')),
  );
}

const CHECKPOINT_EVERY_STEPS = 25;

async function train(
  bench: SteerBench,
  plan: StudyPlan,
  spec: TrainingSpec,
  checkpoints: string,
): Promise<Trained> {
  const { model } = bench;
  const startedMs = bench.now();
  const { kind, layers, seed, rank, norms } = spec;
  const adapter = await createAdapter({
    ...{ kind, model, layers, seed },
    ...(rank !== undefined && { rank }),
    ...(norms && { norms }),
  });
  try {
    const settings = settingsOf(spec, plan, model.config.layerCount);
    const outcome = await fitAdapter(bench, {
      ...{ adapter, settings, reward: spec.reward },
      ...{ checkpointFolder: checkpoints, checkpointEverySteps: CHECKPOINT_EVERY_STEPS },
    });
    const fitSeconds = (bench.now() - startedMs) / 1000;
    const scores = await measureAccuracy(model, adapter, bench.problems.test, {
      chat: bench.chat,
      ...bench.measuring,
    });
    sayTrained(bench, spec, outcome, scores, fitSeconds);
    const provenance = createProvenance(bench, {
      ...{ startedMs, count: bench.problems.train.length },
      settings: describeSettings(settings, spec),
      notes: [...DIFFERENCES, ...outcome.notes],
    });
    return {
      ...{
        spec,
        rate: Math.max(...settings.rates),
        parameterCount: adapter.parameterCount,
        scores,
        curve: outcome.curve,
      },
      stepMs: outcome.stepMs,
      seconds: provenance.seconds,
      vector: outcome.applied
        ? await describe(bench, spec, adapter, { ...outcome, applied: outcome.applied, scores, provenance })
        : null,
    };
  } finally {
    adapter.dispose();
  }
}

export const DIFFERENCES: readonly string[] = [
  'A model of some million parameters and sums of a few numbers, where the paper has billions and mathematics of competitions.',
  'Fewer prompts and steps than the paper’s 128 and 314; float32 vectors, where it has bfloat16.',
];

function settingsOf(
  { kind, layers, seed }: TrainingSpec,
  plan: StudyPlan,
  layerCount: number,
): SteeringSettings {
  const { steps, prompts, generations, maxTokens } = plan;
  return {
    ...STEERING_DEFAULTS,
    ...{ seed, stepTotal: steps, prompts, generations, maxTokens },
    rates: defaultRates(kind, layers, layerCount),
  };
}

function describeSettings(
  { rates, ...settings }: SteeringSettings,
  { kind, reward, layers, rank }: TrainingSpec,
): SteeringProvenance['settings'] {
  const shape = { adapter: kind, reward, layers: layers.join(','), ...(rank !== undefined && { rank }) };
  if (kind === 'random') return { ...shape, seed: settings.seed };
  return { ...shape, ...settings, rates: rates.map((rate) => Number(rate.toPrecision(3))).join(', ') };
}

async function describe(
  bench: SteerBench,
  { name, title, reward, seed }: TrainingSpec,
  adapter: Adapter,
  found: Pick<VectorRecord, 'curve' | 'scores' | 'provenance'> & { readonly applied: AppliedVectors },
): Promise<VectorRecord> {
  const { model } = bench;
  const { curve, scores, provenance, applied } = found;
  return createVectorRecord({
    ...{ slug: `${model.slug}/${name}-seed-${seed}`, name: `${title}, seed ${seed}`, reward, seed },
    ...{ model, adapter, applied, curve, scores, provenance },
    base: await bench.baseScores(),
    hiddenNorms: await bench.hiddenNorms(),
  });
}

function sayTrained(
  { say, model }: SteerBench,
  { name, seed }: TrainingSpec,
  { curve }: SteeringOutcome,
  scores: readonly TestScore[],
  seconds: number,
): void {
  const percents = scores.map(({ testSet, accuracy }) => `${testSet} ${(100 * accuracy.value).toFixed(1)} %`);
  const tokens = curve.at(-1)?.tokens ?? 0;
  const speed = tokens > 0 ? `, ${seconds.toFixed(0)} s, ${Math.round(tokens / seconds)} tokens/s` : '';
  say(`${model.slug} ${name} seed ${seed}: ${percents.join(', ')}${speed}`);
}
