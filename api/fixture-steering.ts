/**
 * Made-up steering vectors of the fixture's model: sets over all layers at three seeds, one for each layer alone, an
 * adaptive one and controls, with every kind of analysis and every study. The shapes are those that the trainer stores.
 */
import type pg from 'pg';
import { createAnalyses } from './fixture-steering-analyses.ts';
import { createSteeringStudies } from './fixture-steering-studies.ts';
import {
  ALL_GAIN,
  BASE_SCORES,
  createCurve,
  LAYER_GAINS,
  noise,
  provenance,
  scoresOf,
  STEERING_MODEL,
  TRAIN_TOKENS,
} from './fixture-steering-numbers.ts';
import { sha256 } from './fixture-text.ts';
import type {
  AnalysisKind,
  RewardKind,
  SteeringFigure,
  SteeringPart,
  SteeringProvenance,
  TestScore,
  TrainingPoint,
} from './steering-record.ts';

export interface FixtureVector {
  readonly format: 'residua-steering-vector-1';
  readonly slug: string;
  readonly name: string;
  readonly model: string;
  readonly modelSha256: string;
  readonly adapter: 'vectors' | 'rank' | 'adaptive' | 'random';
  readonly reward: RewardKind;
  readonly place: 'mlp.out';
  readonly rank: number | null;
  readonly seed: number;
  readonly parameterCount: number;
  readonly layers: readonly {
    readonly layer: number;
    readonly norm: number;
    readonly hiddenNorm: number;
    readonly values: readonly number[];
    readonly readOut?: readonly number[];
  }[];
  readonly base: readonly TestScore[];
  readonly scores: readonly TestScore[];
  readonly curve: readonly TrainingPoint[];
  readonly provenance: SteeringProvenance;
}

export interface FixtureAnalysis {
  readonly format: 'residua-steering-analysis-1';
  readonly kind: AnalysisKind;
  readonly vector: string;
  readonly provenance: SteeringProvenance;
  readonly paper: readonly SteeringFigure[];
}

export interface FixtureSteeringStudy {
  readonly format: 'residua-steering-study-1';
  readonly part: SteeringPart;
  readonly model: string;
  readonly modelParameterCount: number;
  readonly seeds: readonly number[];
  readonly provenance: SteeringProvenance;
  readonly paper: readonly SteeringFigure[];
}

export interface FixtureSteering {
  readonly vectors: readonly FixtureVector[];
  readonly analyses: readonly FixtureAnalysis[];
  readonly studies: readonly FixtureSteeringStudy[];
}

interface VectorPlan {
  readonly key: string;
  readonly name: string;
  readonly layers: readonly number[];
  readonly seed: number;
  readonly gain: number;
  readonly adapter?: FixtureVector['adapter'];
  readonly reward?: RewardKind;
  readonly model?: string;
}

const ALL = [0, 1, 2, 3];
const PLANS: readonly VectorPlan[] = [
  ...[1, 2, 3].map((seed) => ({ key: `all-seed-${seed}`, name: `Fixture: all layers, seed ${seed}`, layers: ALL, seed, gain: ALL_GAIN })), // prettier-ignore
  ...ALL.map((layer) => ({ key: `layer-${layer}-seed-1`, name: `Fixture: layer ${layer}`, layers: [layer], seed: 1, gain: LAYER_GAINS[layer] })), // prettier-ignore
  { key: 'adaptive-2-seed-1', name: 'Fixture: adaptive, layer 2', layers: [2], seed: 1, gain: 0.6, adapter: 'adaptive' }, // prettier-ignore
  { key: 'random-seed-1', name: 'Fixture: random vectors', layers: ALL, seed: 1, gain: -0.03, adapter: 'random' }, // prettier-ignore
  { key: 'random-reward-seed-1', name: 'Fixture: random reward', layers: ALL, seed: 1, gain: 0.01, reward: 'random' }, // prettier-ignore
  { key: 'all-seed-1', name: 'Fixture: of a model that is not here', layers: ALL, seed: 1, gain: 0.5, model: 'fixture-absent' }, // prettier-ignore
];
/** Trained here, the others came with the code. */
export const TRAINED_HERE = 'fixture-model/layer-3-seed-1';

function createVector(plan: VectorPlan): FixtureVector {
  const { key, name, layers, seed, gain, adapter = 'vectors', reward = 'exact', model = STEERING_MODEL.slug } = plan; // prettier-ignore
  const { width, mlpWidth } = STEERING_MODEL;
  const inner = adapter === 'adaptive' ? mlpWidth : 0;
  const slug = `${model}/${key}`;
  return {
    ...{ format: 'residua-steering-vector-1', slug, name, model, modelSha256: sha256('fixture weights') },
    ...{ adapter, reward, place: 'mlp.out', rank: null, seed },
    parameterCount: adapter === 'random' ? 0 : layers.length * (width + inner),
    layers: layers.map((layer) => createLayer(slug, layer, inner)),
    base: BASE_SCORES,
    scores: scoresOf(gain, slug),
    curve: adapter === 'random' ? [] : createCurve(gain, layers.length, slug),
    provenance: provenance(`residua steer train ${slug} --layers ${layers.join(',')} --seed ${seed}`, 310),
  };
}

/** Vectors of neighbouring layers are alike: each has a part in common with all others. */
function createLayer(slug: string, layer: number, inner: number): FixtureVector['layers'][number] {
  const draw = (length: number, scale: number, ...words: (string | number)[]) =>
    Array.from({ length }, (_, at) => scale * noise('value', at, ...words));
  const common = draw(STEERING_MODEL.width, 0.35, 'common');
  const own = draw(STEERING_MODEL.width, 0.4 + 0.1 * layer, slug, layer);
  const values = own.map((value, at) => Math.fround(value + common[at]));
  return {
    ...{ layer, norm: Math.hypot(...values), hiddenNorm: 8 + 3.5 * layer, values },
    ...(inner > 0 ? { readOut: draw(inner, 0.2, slug, 'read-out').map(Math.fround) } : {}),
  };
}

export function createSteering(): FixtureSteering {
  const vectors = PLANS.map(createVector);
  return { vectors, analyses: vectors.flatMap(createAnalyses), studies: createSteeringStudies() };
}

export async function insertSteering(
  client: pg.ClientBase,
  ids: { readonly model: number; readonly run: number },
): Promise<void> {
  const { vectors, analyses, studies } = createSteering();
  for (const vector of vectors) await insertVector(client, vector, ids);
  for (const record of analyses)
    await client.query(
      `insert into steering_analysis (vector_id, kind, format, record, recorded, command, run_id)
       select id, $2, $3, $4, recorded, $5, run_id from steering_vector where slug = $1`,
      [record.vector, record.kind, record.format, record, record.provenance.command],
    );
  for (const study of studies) await insertStudy(client, study, ids.model);
}

async function insertVector(
  client: pg.ClientBase,
  vector: FixtureVector,
  ids: { readonly model: number; readonly run: number },
): Promise<void> {
  const { slug, name, format, model, modelSha256, adapter, reward, place, rank, seed } = vector;
  const isHere = slug === TRAINED_HERE;
  const { rows } = await client.query<{ id: number }>(
    `insert into steering_vector (slug, name, format, model_slug, model_sha256, model_id, adapter, reward, place, rank, seed,
       parameter_count, layers, curve, provenance, recorded, run_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) returning id`,
    [
      ...[slug, name, format, model, modelSha256, model === STEERING_MODEL.slug ? ids.model : null],
      ...[adapter, reward, place, rank, seed, vector.parameterCount, vector.layers.map(({ layer }) => layer)],
      ...[JSON.stringify(vector.curve), vector.provenance, !isHere, isHere ? ids.run : null],
    ],
  );
  for (const { layer, norm, hiddenNorm, values, readOut } of vector.layers)
    await client.query('insert into steering_layer values ($1, $2, $3, $4, $5, $6)', [
      ...[rows[0].id, layer, norm, hiddenNorm, values, readOut ?? []],
    ]);
  for (const isBase of [true, false])
    for (const [at, { testSet, accuracy, samples }] of (isBase ? vector.base : vector.scores).entries())
      await client.query('insert into steering_score values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
        ...[rows[0].id, isBase, testSet, at, accuracy.value, accuracy.low, accuracy.high, accuracy.n, samples], // prettier-ignore
      ]);
}

async function insertStudy(client: pg.ClientBase, study: FixtureSteeringStudy, model: number): Promise<void> {
  const { command, codeCommit, backend } = study.provenance;
  const { rows } = await client.query<{ id: number }>(
    `insert into study (slug, kind, part, title, format, record, recorded, command, code_commit, backend, seeds, train_token_count)
     values ($1, 'steering', $2, $3, $4, $5, true, $6, $7, $8, $9, $10) returning id`,
    [
      ...[`steering/${study.part}/fixture`, study.part, `Fixture: ${study.part}`, study.format, study],
      ...[command, codeCommit, backend, study.seeds, TRAIN_TOKENS],
    ],
  );
  await client.query(
    'insert into study_model (study_id, name, parameter_count, model_id) values ($1, $2, $3, $4)',
    [rows[0].id, study.model, study.modelParameterCount, model],
  );
}
