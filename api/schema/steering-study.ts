/** What all studies of steering vectors have in common, and how their records are read. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import type { StudyRow } from '../loaders/study.ts';
import { STEERING_FORMAT } from '../steering-record.ts';
import type {
  SteeringFigure,
  SteeringPart,
  SteeringProvenance,
  SteeringStudies,
  StudyHead,
} from '../steering-record.ts';
import { ModelNode } from './model.ts';
import { SteeringFigureRef, SteeringProvenanceRef } from './steering-values.ts';
import { StudyRef } from './study.ts';

export const SteeringStudyRef = builder.interfaceRef<StudyRow>('SteeringStudy');

/** A row with the seeds that its lists run parallel to. */
export type BySeed<Row> = Row & { readonly seeds: readonly number[] };

const TYPES: Readonly<Record<SteeringPart, string>> = {
  accuracy: 'SteeringAccuracyStudy',
  'gain-curve': 'SteeringGainCurve',
  pairs: 'SteeringPairStudy',
  transfer: 'SteeringTransferStudy',
};

const resultsOf = async <Part extends SteeringPart>({ id }: StudyRow, { loaders }: Context) =>
  (await loaders.studyResults.load([id]))!.record as unknown as SteeringStudies[Part];

/** A member of the record of a study, which is read once for all that is asked of it. */
export const member =
  <Part extends SteeringPart, Member>(_part: Part, pick: (record: SteeringStudies[Part]) => Member) =>
  async (study: StudyRow, _args: object, context: Context): Promise<Member> =>
    pick(await resultsOf<Part>(study, context));

const ofHead =
  <Member>(pick: (record: StudyHead) => Member) =>
  async (study: StudyRow, _args: object, context: Context): Promise<Member> =>
    pick(await resultsOf(study, context));

export const isKnown = ({ kind, part, format }: StudyRow) =>
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

export const VECTOR = 'The set of vectors, where it is kept here.';
export const findVector = (
  { vector }: { readonly vector: string | null },
  _args: object,
  { loaders }: Context,
) => (vector === null ? null : loaders.vectorBySlug.load([vector]));
