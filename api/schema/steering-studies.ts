/** The studies of steering vectors to show: of each question the one that answers it best. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { STUDY_COLUMNS } from '../loaders/study.ts';
import type { StudyRow } from '../loaders/study.ts';
import { STEERING_FORMAT } from '../steering-record.ts';
import type { SteeringPart } from '../steering-record.ts';
import { AccuracyRef } from './steering-accuracy-study.ts';
import { GainCurveRef, PairStudyRef, TransferRef } from './steering-layer-studies.ts';
import { isKnown, SteeringStudyRef } from './steering-study.ts';
import { StudyRef } from './study.ts';

const StudiesRef = builder.objectRef<{ readonly model: string | null }>('SteeringStudies');

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
