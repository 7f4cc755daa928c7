/** Sets of steering vectors: what they are, how they were trained, how well a model does with them. */
import { builder } from '../builder.ts';
import { AT_MOST, curveCost, thinCurve } from '../curve-points.ts';
import { CodedError } from '../errors.ts';
import { parseGlobalId, parseKey } from '../global-id.ts';
import { parseFirst, VALUES_COST, VECTOR_PAGE } from '../limits.ts';
import { countVectors, createVectorCursor, loadVectorPage } from '../loaders/steering.ts';
import type { LayerRow, ScoreRow, VectorFilter, VectorRow } from '../loaders/steering.ts';
import { connect, parsePage } from '../page.ts';
import { ModelNode } from './model.ts';
import { RunNode } from './run.ts';
import {
  SteeringAdapter,
  SteeringProvenanceRef,
  SteeringReward,
  TestScoreRef,
  TrainingPointRef,
} from './steering-values.ts';

export const SteeringVectorRef = builder.objectRef<VectorRow>('SteeringVector');
const LayerRef = builder.objectRef<LayerRow>('SteeringLayer');

const toScore = ({ testSet, samples, ...accuracy }: ScoreRow) => ({ testSet, samples, accuracy });

builder.node(SteeringVectorRef, {
  id: { resolve: ({ id }) => id },
  description:
    'A set of steering vectors: one for each of some layers, added to what the layer writes at every position. Trained by reinforcement learning with leave-one-out baselines (RLOO), or a control.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Natural key, also the address of its page.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    modelSlug: t.exposeString('modelSlug', { description: 'Slug of the model it is for, here or not.' }),
    modelSha256: t.exposeString('modelSha256', { description: "SHA-256 of that model's weights, hex." }),
    model: t.field({
      type: ModelNode,
      nullable: true,
      description: 'The model here that it is for; null where it is not kept.',
      resolve: ({ modelId }, _args, { loaders }) => (modelId === null ? null : loaders.model.load(modelId)),
    }),
    run: t.field({
      type: RunNode,
      nullable: true,
      description: 'The run that trained it; null where that is not on record.',
      resolve: ({ runId }, _args, { loaders }) => (runId === null ? null : loaders.run.load(runId)),
    }),
    adapter: t.expose('adapter', { type: SteeringAdapter, description: 'How the model is changed.' }),
    reward: t.expose('reward', { type: SteeringReward, description: 'What it was rewarded for.' }),
    place: t.exposeString('place', {
      description: 'Where vectors are added: mlp.out, attention.out, residual.pre or residual.post.',
    }),
    rank: t.exposeInt('rank', { nullable: true, description: 'r of a product A B; null of free vectors.' }),
    seed: t.exposeInt('seed', { description: 'Seed of all its randomness.' }),
    parameterCount: t.expose('parameterCount', {
      type: 'BigInt',
      description: 'Numbers that were trained: layers * D of free vectors.',
    }),
    layers: t.field({
      type: [LayerRef],
      description: 'The layers it has a vector at, ascending.',
      resolve: ({ id }, _args, { loaders }) => loaders.vectorLayers.load([id]),
    }),
    base: t.field({
      type: [TestScoreRef],
      description: 'Accuracy of the untouched model on the same problems and seeds.',
      resolve: async ({ id }, _args, { loaders }) =>
        (await loaders.vectorScores.load([id])).filter(({ isBase }) => isBase).map(toScore),
    }),
    scores: t.field({
      type: [TestScoreRef],
      description: 'Accuracy of the model with the vectors.',
      resolve: async ({ id }, _args, { loaders }) =>
        (await loaders.vectorScores.load([id])).filter(({ isBase }) => !isBase).map(toScore),
    }),
    curve: t.field({
      type: [TrainingPointRef],
      description:
        'Its training in the order of steps, thinned evenly; the first and the last are kept. None of a control that was not trained.',
      args: { atMost: t.arg.int(AT_MOST) },
      complexity: curveCost,
      resolve: async ({ id }, args, { loaders }) =>
        thinCurve((await loaders.vectorCurve.load([id]))!.curve, args),
    }),
    provenance: t.field({
      type: SteeringProvenanceRef,
      description: 'Everything needed to make it again.',
      resolve: async ({ id }, _args, { loaders }) => (await loaders.vectorProvenance.load([id]))!.provenance,
    }),
    recorded: t.exposeBoolean('recorded', {
      description: 'true: it was trained before and came with the code; false: it was trained here.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was saved here.' }),
  }),
});

LayerRef.implement({
  description: 'The vector of one layer.',
  fields: (t) => ({
    layer: t.exposeInt('layer', { description: 'The layer, from 0.' }),
    norm: t.exposeFloat('norm', { description: 'Euclidean norm; of an adaptive one that of the direction.' }),
    hiddenNorm: t.exposeFloat('hiddenNorm', {
      description:
        'Mean norm of the residual stream behind this layer on generations of the untouched model: what the norm is to be measured by.',
    }),
    values: t.field({
      type: ['Float'],
      description: 'The vector, D float32 numbers.',
      complexity: VALUES_COST,
      resolve: async ({ vectorId, layer }, _args, { loaders }) =>
        (await loaders.layerValues.load([vectorId, layer]))!.values,
    }),
    readOut: t.field({
      type: ['Float'],
      description: "Read-out A of the MLP's inner acts, M numbers, of an adaptive one; none of the others.",
      complexity: VALUES_COST,
      resolve: async ({ vectorId, layer }, _args, { loaders }) =>
        (await loaders.layerValues.load([vectorId, layer]))!.readOut,
    }),
  }),
});

const LIST_FIRST = {
  defaultValue: VECTOR_PAGE.usual,
  description: `At most so many, up to ${VECTOR_PAGE.most}.`,
} as const;

builder.prismaObjectField(ModelNode, 'steeringVectors', (t) =>
  t.field({
    type: [SteeringVectorRef],
    description: 'Sets of steering vectors for this very model, those of most layers first, then by layer.',
    args: { first: t.arg.int(LIST_FIRST) },
    resolve: async ({ id }, { first }, { loaders }) => {
      const count = parseFirst(first, VECTOR_PAGE, 'steeringVectors');
      const ids = await loaders.modelVectorIds.load([id, count]);
      const found = await Promise.all(ids.map((row) => loaders.vector.load([row.id])));
      return found.filter((vector) => vector !== null);
    },
  }),
);

builder.prismaObjectField(RunNode, 'steeringVectors', (t) =>
  t.field({
    type: [SteeringVectorRef],
    description: 'Sets of steering vectors it trained, those of most layers first, then by layer.',
    args: { first: t.arg.int(LIST_FIRST) },
    resolve: async ({ id }, { first }, { loaders }) => {
      const count = parseFirst(first, VECTOR_PAGE, 'steeringVectors');
      const ids = await loaders.runVectorIds.load([id, count]);
      const found = await Promise.all(ids.map((row) => loaders.vector.load([row.id])));
      return found.filter((vector) => vector !== null);
    },
  }),
);

builder.queryFields((t) => ({
  steeringVectors: t.connection({
    type: SteeringVectorRef,
    description: 'Sets of steering vectors by model, those of most layers first, then by layer and seed.',
    args: {
      model: t.arg.string({ description: 'Slug of the model they are for.' }),
      layer: t.arg.int({ description: 'Only sets with a vector at this layer, from 0.' }),
      adapter: t.arg({ type: SteeringAdapter, description: 'Only those of this kind.' }),
      reward: t.arg({ type: SteeringReward, description: 'Only those rewarded for this.' }),
    },
    resolve: async (_root, { model, layer, adapter, reward, ...args }, { sql }) => {
      const filter: VectorFilter = {
        ...{ model: model ?? null, layer: layer ?? null, adapter: adapter ?? null, reward: reward ?? null },
      };
      const page = parsePage(args, VECTOR_PAGE, 'steeringVectors');
      return connect(
        await loadVectorPage(sql, filter, page),
        page,
        (row) => createVectorCursor(filter, row),
        () => countVectors(sql, filter),
      );
    },
  }),
  steeringVector: t.field({
    type: SteeringVectorRef,
    nullable: true,
    description: 'The set of this slug or global id; null where there is none.',
    args: {
      slug: t.arg.string({ description: 'Natural key of the set.' }),
      id: t.arg.id({ description: 'Global id, instead of the slug.' }),
    },
    resolve: (_root, { slug, id }, { loaders }) => {
      if ((slug == null) === (id == null))
        throw new CodedError(
          'BAD_USER_INPUT',
          `steeringVector: expected slug or id, got ${slug == null ? 'neither' : 'both'}`,
        );
      if (slug != null) return loaders.vectorBySlug.load([slug]);
      const global = parseGlobalId(String(id));
      const key = global?.type === 'SteeringVector' ? parseKey(global.key) : null;
      return key === null ? null : loaders.vector.load([key]);
    },
  }),
}));
