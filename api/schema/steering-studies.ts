/** What many sets of steering vectors together show: accuracy by condition, gain by layer, pairs, transfer. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { AT_MOST, curveCost, thinCurve } from '../curve-points.ts';
import { STUDY_COLUMNS } from '../loaders/study.ts';
import type { StudyRow } from '../loaders/study.ts';
import { STEERING_FORMAT } from '../steering-record.ts';
import type {
  AccuracyCondition,
  Estimate,
  GainAtLayer,
  SingleLayer,
  SteeringFigure,
  SteeringPart,
  SteeringProvenance,
  SteeringStudies,
  StepParts,
  StudyHead,
  TestScore,
  TrainingPoint,
  TransferCell,
  TransferModel,
  VectorPair,
} from '../steering-record.ts';
import { ModelNode } from './model.ts';
import { SteeringVectorRef } from './steering.ts';
import {
  ShareRef,
  SteeringAdapter,
  SteeringFigureRef,
  SteeringProvenanceRef,
  SteeringReward,
  TestScoreRef,
  TrainingPointRef,
} from './steering-values.ts';
import { SeedValuesRef } from './study-results.ts';
import { StudyRef } from './study.ts';

type BySeed<Row> = Row & { readonly seeds: readonly number[] };

interface SeedRun {
  readonly seed: number;
  readonly vector: string | null;
  readonly scores: readonly TestScore[];
  readonly curve: readonly TrainingPoint[];
}

interface SeedShare {
  readonly seed: number;
  readonly vector: string | null;
  readonly accuracy: Estimate;
}

const SteeringStudyRef = builder.interfaceRef<StudyRow>('SteeringStudy');
const StudiesRef = builder.objectRef<{ readonly model: string | null }>('SteeringStudies');
const ConditionRef = builder.objectRef<BySeed<AccuracyCondition>>('SteeringCondition');
const SeedRunRef = builder.objectRef<SeedRun>('SteeringSeedRun');
const SeedShareRef = builder.objectRef<SeedShare>('SteeringSeedShare');
const StepRef = builder.objectRef<StepParts>('SteeringStepTime');
const GainRef = builder.objectRef<BySeed<GainAtLayer>>('SteeringLayerGain');
const SingleRef = builder.objectRef<SingleLayer>('SteeringSingleLayer');
const PairRef = builder.objectRef<VectorPair>('SteeringPair');
const TransferModelRef = builder.objectRef<TransferModel>('SteeringTransferModel');
const TransferCellRef = builder.objectRef<TransferCell>('SteeringTransferCell');

const TYPES: Readonly<Record<SteeringPart, string>> = {
  accuracy: 'SteeringAccuracyStudy',
  'gain-curve': 'SteeringGainCurve',
  pairs: 'SteeringPairStudy',
  transfer: 'SteeringTransferStudy',
};

const resultsOf = async <Part extends SteeringPart>({ id }: StudyRow, { loaders }: Context) =>
  (await loaders.studyResults.load([id]))!.record as unknown as SteeringStudies[Part];

/** A member of the record of a study, which is read once for all that is asked of it. */
const member =
  <Part extends SteeringPart, Member>(_part: Part, pick: (record: SteeringStudies[Part]) => Member) =>
  async (study: StudyRow, _args: object, context: Context): Promise<Member> =>
    pick(await resultsOf<Part>(study, context));

const ofHead =
  <Member>(pick: (record: StudyHead) => Member) =>
  async (study: StudyRow, _args: object, context: Context): Promise<Member> =>
    pick(await resultsOf(study, context));

const isKnown = ({ kind, part, format }: StudyRow) =>
  kind === 'steering' && format === STEERING_FORMAT && Object.hasOwn(TYPES, part);

SteeringStudyRef.implement({
  description: 'What many sets of steering vectors together show. Lists by seed are in the order of seeds.',
  resolveType: ({ part }) => TYPES[part as SteeringPart],
  fields: (t) => ({
    study: t.field({
      type: StudyRef,
      description: 'Slug, run and where it came from.',
      resolve: (study) => study,
    }),
    modelSlug: t.string({
      description: 'Slug of the model studied, here or not.',
      resolve: ofHead(({ model }) => model),
    }),
    model: t.field({
      type: ModelNode,
      nullable: true,
      description: 'The model here that it is; null where it is not kept.',
      resolve: async (study, _args, context) => {
        const { model } = await resultsOf(study, context);
        const link = await context.loaders.linkedModel.load([study.id, model]);
        return link && context.loaders.model.load(link.modelId);
      },
    }),
    modelParameterCount: t.field({
      type: 'BigInt',
      description: 'Parameters of the model, tied ones counted once.',
      resolve: ofHead(({ modelParameterCount }) => modelParameterCount),
    }),
    seeds: t.intList({ description: 'Its seeds.', resolve: ofHead(({ seeds }) => [...seeds]) }),
    provenance: t.field({
      type: SteeringProvenanceRef,
      description: 'Everything needed to make it again.',
      resolve: async ({ id }, _args, { loaders }) =>
        (await loaders.studyHead.load([id]))!.record.provenance as unknown as SteeringProvenance,
    }),
    paper: t.field({
      type: [SteeringFigureRef],
      description: "The paper's own figures and findings of the same.",
      resolve: async ({ id }, _args, { loaders }) =>
        (await loaders.studyHead.load([id]))!.record.paper as unknown as readonly SteeringFigure[],
    }),
  }),
});

const VECTOR = 'The set of vectors, where it is kept here.';
const findVector = ({ vector }: { readonly vector: string | null }, _args: object, { loaders }: Context) =>
  vector === null ? null : loaders.vectorBySlug.load([vector]);

SeedRunRef.implement({
  description: 'A condition at one seed.',
  fields: (t) => ({
    seed: t.exposeInt('seed', { description: 'The seed.' }),
    vector: t.field({
      type: SteeringVectorRef,
      nullable: true,
      description: VECTOR,
      resolve: findVector,
    }),
    scores: t.field({
      type: [TestScoreRef],
      description: 'Accuracy on held-out problems.',
      resolve: ({ scores }) => scores,
    }),
    curve: t.field({
      type: [TrainingPointRef],
      description: 'Its training, thinned evenly; none of what was not trained.',
      args: { atMost: t.arg.int(AT_MOST) },
      complexity: curveCost,
      resolve: ({ curve }, args) => thinCurve(curve, args),
    }),
  }),
});

SeedShareRef.implement({
  description: 'An accuracy at one seed.',
  fields: (t) => ({
    seed: t.exposeInt('seed', { description: 'The seed.' }),
    vector: t.field({ type: SteeringVectorRef, nullable: true, description: VECTOR, resolve: findVector }),
    accuracy: t.field({ type: ShareRef, description: 'The accuracy.', resolve: ({ accuracy }) => accuracy }),
  }),
});

StepRef.implement({
  description: 'Where the time of a training step goes.',
  fields: (t) => ({
    generateMs: t.float({ description: 'Generating responses, ms.', resolve: ({ generate }) => generate }),
    learnMs: t.float({ description: 'Logits and gradients, ms.', resolve: ({ learn }) => learn }),
    otherMs: t.float({ description: 'Update and everything else, ms.', resolve: ({ other }) => other }),
  }),
});

ConditionRef.implement({
  description: 'A way to train, or a control, over all seeds.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'all-layers, full, lora, random-reward, random-vector, rank-1, adaptive, ...',
    }),
    adapter: t.expose('adapter', { type: SteeringAdapter, description: 'How the model is changed.' }),
    reward: t.expose('reward', { type: SteeringReward, description: 'What it was rewarded for.' }),
    parameterCount: t.field({
      type: 'BigInt',
      description: 'Numbers that were trained.',
      resolve: ({ parameterCount }) => parameterCount,
    }),
    rate: t.exposeFloat('rate', { description: 'Peak learning rate; 0 of what was not trained.' }),
    runs: t.field({
      type: [SeedRunRef],
      description: 'Seed by seed.',
      resolve: ({ seeds, vectors, scoresBySeed, curveBySeed }) =>
        seeds.map((seed, at) => ({
          ...{ seed, vector: vectors[at] ?? null, scores: scoresBySeed[at], curve: curveBySeed[at] },
        })),
    }),
    accuracy: t.field({
      type: SeedValuesRef,
      description: 'Accuracy on one test set, over the seeds.',
      args: { testSet: t.arg.string({ defaultValue: 'all', description: 'easy, medium, hard, all, ...' }) },
      resolve: ({ scoresBySeed }, { testSet }) =>
        scoresBySeed.map(
          (scores) => scores.find((score) => score.testSet === testSet)?.accuracy.value ?? null,
        ),
    }),
    step: t.field({
      type: StepRef,
      description: 'Time of a training step, mean.',
      resolve: ({ stepMs }) => stepMs,
    }),
  }),
});

const AccuracyRef = builder.objectRef<StudyRow>('SteeringAccuracyStudy').implement({
  description: 'Held-out accuracy of the model untouched, steered, trained in full, and of controls.',
  interfaces: [SteeringStudyRef],
  fields: (t) => ({
    base: t.field({
      type: [TestScoreRef],
      description: 'Of the untouched model.',
      resolve: member('accuracy', ({ base }) => base),
    }),
    conditions: t.field({
      type: [ConditionRef],
      description: 'Condition by condition.',
      resolve: member('accuracy', ({ conditions, seeds }) =>
        conditions.map((condition) => ({ ...condition, seeds })),
      ),
    }),
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

const GainCurveRef = builder.objectRef<StudyRow>('SteeringGainCurve').implement({
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

const PairStudyRef = builder.objectRef<StudyRow>('SteeringPairStudy').implement({
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

const TransferRef = builder.objectRef<StudyRow>('SteeringTransferStudy').implement({
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

/** Of those that answer a question the one of most tokens, then of most seeds, then the newest. */
const findStudy =
  (part: SteeringPart) =>
  async ({ model }: { readonly model: string | null }, _args: object, { db }: Context) => {
    const studies = await db.study.findMany({
      where: {
        ...{ kind: 'steering', part, format: STEERING_FORMAT },
        models: model === null ? undefined : { some: { name: model } },
      },
      select: STUDY_COLUMNS,
      orderBy: [{ trainTokenCount: 'desc' }, { createdAt: 'desc' }, { id: 'desc' }],
    });
    const best = ({ trainTokenCount }: StudyRow) => trainTokenCount === studies[0].trainTokenCount;
    return studies.filter(best).sort((a, b) => b.seeds.length - a.seeds.length)[0] ?? null;
  };

StudiesRef.implement({
  description: 'The studies that answer each question about steering vectors best.',
  fields: (t) => ({
    accuracy: t.field({
      type: AccuracyRef,
      nullable: true,
      description: 'How much do vectors gain, beside full training and controls? null where nobody asked.',
      resolve: findStudy('accuracy'),
    }),
    gainCurve: t.field({
      type: GainCurveRef,
      nullable: true,
      description: 'What does one layer gain? null where nobody asked.',
      resolve: findStudy('gain-curve'),
    }),
    pairs: t.field({
      type: PairStudyRef,
      nullable: true,
      description: 'Do vectors add up? null where nobody asked.',
      resolve: findStudy('pairs'),
    }),
    transfer: t.field({
      type: TransferRef,
      nullable: true,
      description: 'Do vectors help another model? null where nobody asked.',
      resolve: findStudy('transfer'),
    }),
  }),
});

builder.objectField(StudyRef, 'steering', (t) =>
  t.field({
    type: SteeringStudyRef,
    nullable: true,
    description: 'Results of a study of steering vectors; null of one of another kind.',
    resolve: (study) => (isKnown(study) ? study : null),
  }),
);

builder.queryField('steeringStudies', (t) =>
  t.field({
    type: StudiesRef,
    description:
      'Studies of steering vectors, one for each question: of most generated tokens, then of most seeds, then the newest.',
    args: { model: t.arg.string({ description: 'Slug of the only model.' }) },
    resolve: (_root, { model }) => ({ model: model ?? null }),
  }),
);
