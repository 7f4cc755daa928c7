/** Results of LIMe studies that are curves and tables: arithmetic, loss, ablation. */
import { builder } from '../builder.ts';
import { AT_MOST, curveCost, thinCurve } from '../curve-points.ts';
import { meanOf, sdOf } from '../study-numbers.ts';
import type {
  AblationResults,
  AblationRow,
  ArithmeticResults,
  LossComparison,
  LossPoint,
  LossResults,
  OperandAccuracy,
  StepTime,
} from '../study-record.ts';

export const ArithmeticRef = builder.objectRef<ArithmeticResults>('ArithmeticResults');
export const LossRef = builder.objectRef<LossResults>('LossResults');
export const AblationRef = builder.objectRef<AblationResults>('AblationResults');
/** Values by seed; null where a seed has none. */
export const SeedValuesRef = builder.objectRef<readonly (number | null)[]>('SeedValues');
const CurveRef = builder.objectRef<readonly LossPoint[]>('LossCurve');
const PointRef = builder.objectRef<LossPoint>('LossPoint');
const StepTimeRef = builder.objectRef<StepTime>('StepTime');
const ArithmeticRunRef = builder.objectRef<ArithmeticResults['runs'][number]>('ArithmeticRun');
const AccuracyRef = builder.objectRef<OperandAccuracy>('OperandAccuracy');
const LossRunRef = builder.objectRef<LossResults['runs'][number]>('LossRun');
const ComparisonRef = builder.objectRef<LossComparison>('LossComparison');
const AblationRowRef = builder.objectRef<AblationRow>('AblationRow');

export const MODEL = 'Name of the model, as Study.models has it.';

SeedValuesRef.implement({
  description: 'One number for each seed, in the order of provenance.seeds.',
  fields: (t) => ({
    bySeed: t.floatList({
      nullable: { list: false, items: true },
      description: 'The numbers; null where a seed has none.',
      resolve: (values) => [...values],
    }),
    mean: t.float({
      nullable: true,
      description: 'Mean over the seeds that have a number; null where none has.',
      resolve: meanOf,
    }),
    sd: t.float({
      nullable: true,
      description: 'Sample standard deviation (n - 1) over those seeds; null of fewer than two.',
      resolve: sdOf,
    }),
  }),
});

PointRef.implement({
  description: 'A point of a training.',
  fields: (t) => ({
    step: t.exposeInt('step', { description: 'Steps of the optimiser until here.' }),
    tokens: t.field({
      type: 'BigInt',
      description: 'Tokens read until here.',
      resolve: ({ tokens }) => tokens,
    }),
    flops: t.exposeFloat('flops', {
      description: 'FLOPs spent on training until here: three forward passes for each sequence.',
    }),
    lossNats: t.exposeFloat('lossNats', { description: 'Loss, nats per token.' }),
  }),
});

CurveRef.implement({
  description: 'Loss over a training, of one seed.',
  fields: (t) => ({
    points: t.field({
      type: [PointRef],
      description: 'Points in the order of steps, thinned evenly; the first and the last are kept.',
      args: { atMost: t.arg.int(AT_MOST) },
      complexity: curveCost,
      resolve: thinCurve,
    }),
  }),
});

StepTimeRef.implement({
  description: 'How long a training step of a model takes; the models of a study take their steps in turns.',
  fields: (t) => ({
    model: t.exposeString('model', { description: MODEL }),
    medianMsByRound: t.exposeFloatList('medianMsByRound', {
      description: 'Median of the steps of each round, ms; rounds of two models belong together.',
    }),
  }),
});

AccuracyRef.implement({
  description: 'Accuracy at one number of operands.',
  fields: (t) => ({
    operands: t.exposeInt('operands', { description: 'Operands of the expressions.' }),
    accuracy: t.field({
      type: SeedValuesRef,
      description: 'Share of expressions solved, 0 to 1.',
      resolve: ({ bySeed }) => bySeed,
    }),
  }),
});

ArithmeticRunRef.implement({
  description: 'A model on arithmetic expressions.',
  fields: (t) => ({
    model: t.exposeString('model', { description: MODEL }),
    accuracy: t.field({
      type: [AccuracyRef],
      description: 'The final answer is right.',
      resolve: ({ accuracy }) => accuracy,
    }),
    chainAccuracy: t.field({
      type: [AccuracyRef],
      description: 'Every step written down is right, too.',
      resolve: ({ chainAccuracy }) => chainAccuracy,
    }),
    curves: t.field({
      type: [CurveRef],
      description: 'Training loss over the tokens after the first equals sign, a curve for each seed.',
      resolve: ({ curveBySeed }) => curveBySeed,
    }),
  }),
});

ArithmeticRef.implement({
  description: 'Arithmetic expressions of several operands, solved step by step by small models.',
  fields: (t) => ({
    operands: t.exposeIntList('operands', { description: 'Numbers of operands that were asked.' }),
    testSamples: t.exposeInt('testSamples', { description: 'Expressions behind each accuracy of a seed.' }),
    runs: t.field({ type: [ArithmeticRunRef], description: 'The models.', resolve: ({ runs }) => runs }),
    stepTimes: t.field({
      type: [StepTimeRef],
      description: 'Time of a training step.',
      resolve: ({ stepTimes }) => stepTimes,
    }),
  }),
});

LossRunRef.implement({
  description: 'A model trained on text.',
  fields: (t) => ({
    model: t.exposeString('model', { description: MODEL }),
    curves: t.field({
      type: [CurveRef],
      description: 'Held-out loss over training, a curve for each seed.',
      resolve: ({ curveBySeed }) => curveBySeed,
    }),
    finalLoss: t.field({
      type: SeedValuesRef,
      description: 'Held-out loss at the end of training, nats per token.',
      resolve: ({ finalLossBySeed }) => finalLossBySeed,
    }),
  }),
});

ComparisonRef.implement({
  description: 'A LIMe beside the plain transformer of the same depth.',
  fields: (t) => ({
    layers: t.exposeInt('layers', { description: 'Layers of both.' }),
    base: t.exposeString('base', { description: 'Name of the plain transformer.' }),
    lime: t.exposeString('lime', { description: 'Name of the LIMe.' }),
    lossDifferenceAtEqualFlops: t.field({
      type: SeedValuesRef,
      description:
        "LIMe's loss when it has spent the base's FLOPs, less the base's final loss, nats; negative is better.",
      resolve: (row) => row.lossDifferenceAtEqualFlopsBySeed,
    }),
    lossDifferenceAtEqualTokens: t.field({
      type: SeedValuesRef,
      description: "LIMe's final loss less the base's, nats; negative is better.",
      resolve: (row) => row.lossDifferenceAtEqualTokensBySeed,
    }),
    flopsSaved: t.field({
      type: SeedValuesRef,
      description:
        "1 - (FLOPs LIMe needs to reach the base's final loss) / (FLOPs the base needed), a share; null where it never gets there.",
      resolve: (row) => row.flopsSavedBySeed,
    }),
  }),
});

LossRef.implement({
  description: 'Held-out loss of plain transformers and LIMes, at equal tokens and at equal FLOPs.',
  fields: (t) => ({
    runs: t.field({ type: [LossRunRef], description: 'The models.', resolve: ({ runs }) => runs }),
    comparisons: t.field({
      type: [ComparisonRef],
      description: 'Each depth.',
      resolve: ({ comparisons }) => comparisons,
    }),
    stepTimes: t.field({
      type: [StepTimeRef],
      description: 'Time of a training step.',
      resolve: ({ stepTimes }) => stepTimes,
    }),
  }),
});

AblationRowRef.implement({
  description: 'A variant of the routers.',
  fields: (t) => ({
    model: t.exposeString('model', { description: MODEL }),
    variant: t.exposeString('variant', {
      description: 'llama: none; uniform: a fixed average; last-n, first-n: some layers; lime: all of them.',
    }),
    loss: t.field({
      type: SeedValuesRef,
      description: 'Held-out loss, nats per token.',
      resolve: ({ lossBySeed }) => lossBySeed,
    }),
    perplexity: t.field({
      type: SeedValuesRef,
      description: 'exp(loss).',
      resolve: ({ perplexityBySeed }) => perplexityBySeed,
    }),
    paperChangePercent: t.exposeFloat('paperChangePercent', {
      nullable: true,
      description: "The paper's change of perplexity against full LIMe, per cent; null where it has none.",
    }),
  }),
});

AblationRef.implement({
  description: 'Routers that see less than all layers, or learn nothing.',
  fields: (t) => ({
    rows: t.field({ type: [AblationRowRef], description: 'The variants.', resolve: ({ rows }) => rows }),
  }),
});
