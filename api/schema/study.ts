/** Studies: what an experiment on whole models measured. The head is here; results are in the files beside this. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { parseFirst, STUDY_LIST } from '../limits.ts';
import { STUDY_COLUMNS, STUDY_ORDER } from '../loaders/study.ts';
import type { StudyRow } from '../loaders/study.ts';
import { LIME_FORMAT } from '../study-record.ts';
import type {
  AblationResults,
  ArithmeticResults,
  CollapseResults,
  LossResults,
  RouterResults,
} from '../study-record.ts';
import { ModelNode } from './model.ts';
import { RunNode } from './run.ts';
import { modelsOf, PaperFigureRef, provenanceOf, StudiedModelRef, StudyProvenanceRef } from './study-head.ts';
import { ArithmeticRef, AblationRef, LossRef } from './study-results.ts';
import { CollapseRef, RoutersRef } from './study-routers.ts';

export const StudyRef = builder.objectRef<StudyRow>('Study');

const LimePart = builder.enumType('LimePart', {
  description: 'The questions that are asked of LIMe, one study each.',
  values: {
    ARITHMETIC: {
      value: 'arithmetic',
      description: 'Which share of arithmetic expressions a small model solves.',
    },
    LOSS: { value: 'loss', description: 'Loss at equal tokens and at equal FLOPs.' },
    COLLAPSE: {
      value: 'collapse',
      description: 'Entropy and separability of values and hidden states by layer.',
    },
    ROUTERS: {
      value: 'routers',
      description: 'What trained routers read, and what is lost when they are pruned.',
    },
    ABLATION: { value: 'ablation', description: 'Routers that see less, or learn nothing.' },
  } as const,
});

/** Results of a study that is of this part and of a format known here. */
function results<Result>(part: string) {
  return async (study: StudyRow, _args: object, { loaders }: Context): Promise<Result | null> => {
    if (study.kind !== 'lime' || study.part !== part || study.format !== LIME_FORMAT) return null;
    return ((await loaders.studyResults.load([study.id]))?.record as Result | undefined) ?? null;
  };
}

builder.node(StudyRef, {
  id: { resolve: ({ id }) => id },
  description:
    'What an experiment on whole models measured, over all of its seeds. Values by seed stand in the order of provenance.seeds; layers count from 0.',
  fields: (t) => ({
    slug: t.exposeString('slug', {
      description: 'Natural key: kind, part and a hash of what was studied and how.',
    }),
    kind: t.exposeString('kind', { description: 'The method that is studied: lime, steering, ...' }),
    part: t.exposeString('part', {
      description:
        'The question it answers: arithmetic, loss, collapse, routers, ablation; accuracy, gain-curve, pairs, transfer; ...',
    }),
    title: t.exposeString('title', { description: 'Name for people.' }),
    format: t.exposeString('format', { description: "Name and version of the record's shape." }),
    recorded: t.exposeBoolean('recorded', {
      description: 'true: it was run before and came with the code; false: it was run here.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was saved here.' }),
    run: t.field({
      type: RunNode,
      nullable: true,
      description: 'The run that made it; null where that is not on record.',
      resolve: ({ runId }, _args, { loaders }) => (runId === null ? null : loaders.run.load(runId)),
    }),
    provenance: t.field({
      type: StudyProvenanceRef,
      description: 'Everything needed to make it again.',
      resolve: async (study, _args, { loaders }) => ({
        ...provenanceOf(study, (await loaders.studyHead.load([study.id]))!.record),
        study,
      }),
    }),
    models: t.field({
      type: [StudiedModelRef],
      description:
        'The models it is about; its results name them. Of steering vectors the one that was steered first, then its siblings.',
      resolve: async (study, _args, { loaders }) =>
        modelsOf(study, (await loaders.studyHead.load([study.id]))!.record).map((model) => ({
          ...model,
          studyId: study.id,
        })),
    }),
    paper: t.field({
      type: [PaperFigureRef],
      description: "The paper's own figures and findings of the same, for other models and much more text.",
      resolve: async ({ id }, _args, { loaders }) => (await loaders.studyHead.load([id]))!.record.paper,
    }),
    arithmetic: t.field({
      type: ArithmeticRef,
      nullable: true,
      description: 'Arithmetic expressions; null in a study of another part.',
      resolve: results<ArithmeticResults>('arithmetic'),
    }),
    loss: t.field({
      type: LossRef,
      nullable: true,
      description: 'Loss by tokens and FLOPs; null in a study of another part.',
      resolve: results<LossResults>('loss'),
    }),
    collapse: t.field({
      type: CollapseRef,
      nullable: true,
      description: 'Entropy and separability by layer; null in a study of another part.',
      resolve: results<CollapseResults>('collapse'),
    }),
    routers: t.field({
      type: RoutersRef,
      nullable: true,
      description: 'What routers read; null in a study of another part.',
      resolve: results<RouterResults>('routers'),
    }),
    ablation: t.field({
      type: AblationRef,
      nullable: true,
      description: 'Routers that see less; null in a study of another part.',
      resolve: results<AblationResults>('ablation'),
    }),
  }),
});

builder.prismaObjectField(ModelNode, 'studies', (t) =>
  t.field({
    type: [StudyRef],
    description: 'Studies that speak of this very model, by kind and part, the largest first.',
    resolve: async ({ id }, _args, { loaders }) => {
      const ids = await loaders.modelStudyIds.load([id]);
      const found = await Promise.all(ids.map((row) => loaders.study.load(row.id)));
      return found.filter((study) => study !== null);
    },
  }),
);

builder.queryFields((t) => ({
  studies: t.field({
    type: [StudyRef],
    description:
      'Studies by kind and part, of each the one trained on most tokens first; none of a kind nobody made.',
    args: {
      kind: t.arg.string({ description: 'Only of this method: lime, steering, ...' }),
      part: t.arg.string({
        description: 'Only of this question: arithmetic, loss, collapse, routers, ablation, ...',
      }),
      first: t.arg.int({
        defaultValue: STUDY_LIST.usual,
        description: `At most so many, up to ${STUDY_LIST.most}.`,
      }),
    },
    resolve: (_root, { kind, part, first }, { db }) =>
      db.study.findMany({
        where: { kind: kind ?? undefined, part: part ?? undefined },
        select: STUDY_COLUMNS,
        orderBy: [...STUDY_ORDER],
        take: parseFirst(first, STUDY_LIST, 'studies'),
      }),
  }),
  study: t.field({
    type: StudyRef,
    nullable: true,
    description: 'The study of this slug; null where there is none.',
    args: { slug: t.arg.string({ required: true, description: 'Natural key of the study.' }) },
    resolve: (_root, { slug }, { db }) => db.study.findUnique({ where: { slug }, select: STUDY_COLUMNS }),
  }),
  limeStudy: t.field({
    type: StudyRef,
    nullable: true,
    description:
      'The study of LIMe that answers this question from most tokens; null where there is none yet.',
    args: {
      part: t.arg({ type: LimePart, required: true, description: 'The question.' }),
      slug: t.arg.string({ description: 'This very study, where it is one of that part.' }),
    },
    resolve: (_root, { part, slug }, { db }) =>
      db.study.findFirst({
        where: { kind: 'lime', part, slug: slug ?? undefined },
        select: STUDY_COLUMNS,
        orderBy: [...STUDY_ORDER],
      }),
  }),
}));
