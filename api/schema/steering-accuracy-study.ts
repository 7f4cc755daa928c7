/** The study of accuracy: vectors beside full training and controls, seed by seed. */
import { builder } from '../builder.ts';
import { AT_MOST, curveCost, thinCurve } from '../curve-points.ts';
import type { StudyRow } from '../loaders/study.ts';
import type { AccuracyCondition, StepParts, TestScore, TrainingPoint } from '../steering-record.ts';
import { type BySeed, findVector, member, SteeringStudyRef, VECTOR } from './steering-study.ts';
import { SteeringAdapter, SteeringReward, TestScoreRef, TrainingPointRef } from './steering-values.ts';
import { SteeringVectorRef } from './steering.ts';
import { SeedValuesRef } from './study-results.ts';

interface SeedRun {
  readonly seed: number;
  readonly vector: string | null;
  readonly scores: readonly TestScore[];
  readonly curve: readonly TrainingPoint[];
}

const ConditionRef = builder.objectRef<BySeed<AccuracyCondition>>('SteeringCondition');
const SeedRunRef = builder.objectRef<SeedRun>('SteeringSeedRun');
const StepRef = builder.objectRef<StepParts>('SteeringStepTime');

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

export const AccuracyRef = builder.objectRef<StudyRow>('SteeringAccuracyStudy').implement({
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
