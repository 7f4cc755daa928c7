/** Studies of single vectors: gain by layer, pairs, transfer to other models. */
import { builder } from '../builder.ts';
import type { StudyRow } from '../loaders/study.ts';
import type {
  Estimate,
  GainAtLayer,
  SingleLayer,
  TransferCell,
  TransferModel,
  VectorPair,
} from '../steering-record.ts';
import { ModelNode } from './model.ts';
import { type BySeed, findVector, member, SteeringStudyRef, VECTOR } from './steering-study.ts';
import { ShareRef } from './steering-values.ts';
import { SteeringVectorRef } from './steering.ts';

interface SeedShare {
  readonly seed: number;
  readonly vector: string | null;
  readonly accuracy: Estimate;
}

const SeedShareRef = builder.objectRef<SeedShare>('SteeringSeedShare');
const GainRef = builder.objectRef<BySeed<GainAtLayer>>('SteeringLayerGain');
const SingleRef = builder.objectRef<SingleLayer>('SteeringSingleLayer');
const PairRef = builder.objectRef<VectorPair>('SteeringPair');
const TransferModelRef = builder.objectRef<TransferModel>('SteeringTransferModel');
const TransferCellRef = builder.objectRef<TransferCell>('SteeringTransferCell');

SeedShareRef.implement({
  description: 'An accuracy at one seed.',
  fields: (t) => ({
    seed: t.exposeInt('seed', { description: 'The seed.' }),
    vector: t.field({ type: SteeringVectorRef, nullable: true, description: VECTOR, resolve: findVector }),
    accuracy: t.field({ type: ShareRef, description: 'The accuracy.', resolve: ({ accuracy }) => accuracy }),
  }),
});

const TEST_SET = 'The test set.';
const BASE = 'Accuracy of the untouched model.';

GainRef.implement({
  description: 'A vector at one layer alone.',
  fields: (t) => ({
    layer: t.exposeInt('layer', { description: 'The layer, from 0.' }),
    rate: t.exposeFloat('rate', { description: 'Peak learning rate.' }),
    runs: t.field({
      type: [SeedShareRef],
      description: 'Seed by seed.',
      resolve: ({ seeds, vectors, bySeed }) => toShares(seeds, bySeed, vectors),
    }),
  }),
});

const toShares = (
  seeds: readonly number[],
  bySeed: readonly Estimate[],
  vectors: readonly (string | null)[] = [],
): SeedShare[] => bySeed.map((accuracy, at) => ({ seed: seeds[at], vector: vectors[at] ?? null, accuracy }));

export const GainCurveRef = builder.objectRef<StudyRow>('SteeringGainCurve').implement({
  description: 'What one vector at one layer gains, layer by layer, beside vectors at all of them.',
  interfaces: [SteeringStudyRef],
  fields: (t) => ({
    testSet: t.string({ description: TEST_SET, resolve: member('gain-curve', ({ testSet }) => testSet) }),
    base: t.field({
      type: ShareRef,
      description: BASE,
      resolve: member('gain-curve', ({ base }) => base),
    }),
    allLayers: t.field({
      type: [SeedShareRef],
      description: 'Accuracy with vectors at all layers, trained together, seed by seed.',
      resolve: member('gain-curve', ({ allLayers, seeds }) => toShares(seeds, allLayers)),
    }),
    layers: t.field({
      type: [GainRef],
      description: 'Layer by layer.',
      resolve: member('gain-curve', ({ layers, seeds }) => layers.map((layer) => ({ ...layer, seeds }))),
    }),
  }),
});

SingleRef.implement({
  description: 'One vector alone.',
  fields: (t) => ({
    layer: t.exposeInt('layer', { description: 'Its layer, from 0.' }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy with it.',
      resolve: ({ accuracy }) => accuracy,
    }),
  }),
});

PairRef.implement({
  description: 'Two vectors that were trained apart, added together.',
  fields: (t) => ({
    first: t.exposeInt('first', { description: 'Layer of the one, from 0.' }),
    second: t.exposeInt('second', { description: 'Layer of the other.' }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy with both.',
      resolve: ({ accuracy }) => accuracy,
    }),
    gain: t.exposeFloat('gain', {
      nullable: true,
      description:
        '(pair - better single) / (all layers - better single): 1 is as good as all layers; null where all layers gain nothing over the single.',
    }),
  }),
});

export const PairStudyRef = builder.objectRef<StudyRow>('SteeringPairStudy').implement({
  description: 'Whether vectors that were trained apart add up.',
  interfaces: [SteeringStudyRef],
  fields: (t) => ({
    testSet: t.string({ description: TEST_SET, resolve: member('pairs', ({ testSet }) => testSet) }),
    base: t.field({ type: ShareRef, description: BASE, resolve: member('pairs', ({ base }) => base) }),
    allLayers: t.field({
      type: ShareRef,
      description: 'Accuracy with vectors at all layers, trained together.',
      resolve: member('pairs', ({ allLayers }) => allLayers),
    }),
    singles: t.field({
      type: [SingleRef],
      description: 'Each vector alone.',
      resolve: member('pairs', ({ singles }) => singles),
    }),
    pairs: t.field({
      type: [PairRef],
      description: 'Each two of them.',
      resolve: member('pairs', ({ pairs }) => pairs),
    }),
  }),
});

TransferModelRef.implement({
  description: 'A model of the family.',
  fields: (t) => ({
    modelSlug: t.string({ description: 'Its slug; the cells name it.', resolve: ({ model }) => model }),
    model: t.field({
      type: ModelNode,
      nullable: true,
      description: 'The model here of that slug; null where it is not kept.',
      resolve: ({ model }, _args, { loaders }) => loaders.modelBySlug.load(model),
    }),
    description: t.exposeString('description', { description: 'How it came from the others.' }),
    base: t.field({ type: ShareRef, description: BASE, resolve: ({ base }) => base }),
  }),
});

TransferCellRef.implement({
  description: 'Vectors trained on one model, put into another.',
  fields: (t) => ({
    donor: t.exposeString('donor', { description: 'Slug of the model they were trained on.' }),
    recipient: t.exposeString('recipient', { description: 'Slug of the model they are put into.' }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy of the recipient with them.',
      resolve: ({ accuracy }) => accuracy,
    }),
    normalised: t.exposeFloat('normalised', {
      nullable: true,
      description:
        "(accuracy - base) / (accuracy with the recipient's own vectors - base): 1 is as good as its own; null where its own gain nothing.",
    }),
  }),
});

export const TransferRef = builder.objectRef<StudyRow>('SteeringTransferStudy').implement({
  description: 'Whether vectors of one model help another of its family.',
  interfaces: [SteeringStudyRef],
  fields: (t) => ({
    testSet: t.string({ description: TEST_SET, resolve: member('transfer', ({ testSet }) => testSet) }),
    models: t.field({
      type: [TransferModelRef],
      description: 'The family.',
      resolve: member('transfer', ({ models }) => models),
    }),
    cells: t.field({
      type: [TransferCellRef],
      description: 'Each donor with each recipient.',
      resolve: member('transfer', ({ cells }) => cells),
    }),
  }),
});
