/** Generations read through a dictionary: which of its features tell right answers from wrong ones, and how near they are. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { FEATURE_PAGE, parseFirst } from '../limits.ts';
import type { AnalysisRow } from '../loaders/steering.ts';
import type { FeatureDifference, FeaturePart, FeatureSteering } from '../steering-record.ts';
import { DictionaryNode } from './dictionary.ts';
import { FeatureRef } from './feature.ts';
import { analysis, member, SteeringAnalysisRef } from './steering-analysis.ts';
import { SteeringVectorRef } from './steering.ts';
import { ShareRef, TokenValueRef } from './steering-values.ts';

/** A row of a read-out with the slug of the dictionary that was read. */
type Read<Row> = Row & { readonly dictionary: string };

const DifferenceRef = builder.objectRef<Read<FeatureDifference>>('SteeringFeatureDifference');
const PartRef = builder.objectRef<Read<FeaturePart>>('SteeringFeaturePart');
const FeatureSteeringRef = builder.objectRef<Read<FeatureSteering>>('SteeringByFeature');

/** The feature with a page of its own; null where its dictionary is not published here. */
async function loadFeature(
  { dictionary, feature }: Read<{ readonly feature: number }>,
  _args: object,
  { loaders }: Context,
) {
  const id = await loaders.dictionaryId.load(dictionary);
  return id === null ? null : loaders.feature.load([id, feature]);
}

const INDEX = '0-based row of the dictionary.';
const PAGE = 'The feature; null where its dictionary is not published here.';
const TOKENS = 'Tokens it writes most: its decoder row against the unembedding.';

DifferenceRef.implement({
  description: 'A feature that fires more often in right or in wrong answers.',
  fields: (t) => ({
    index: t.exposeInt('feature', { description: INDEX }),
    feature: t.field({ type: FeatureRef, nullable: true, description: PAGE, resolve: loadFeature }),
    correctShare: t.exposeFloat('correctShare', {
      description: 'Share of right answers it fires in, 0 to 1.',
    }),
    incorrectShare: t.exposeFloat('incorrectShare', {
      description: 'Share of wrong answers it fires in, 0 to 1.',
    }),
    difference: t.exposeFloat('difference', { description: 'correctShare - incorrectShare.' }),
    pValue: t.exposeFloat('pValue', { description: "Fisher's exact test, two-sided." }),
    qValue: t.exposeFloat('qValue', {
      description: 'Benjamini and Hochberg over all features tested: share of false finds up to this one.',
    }),
    cosine: t.exposeFloat('cosine', {
      nullable: true,
      description: "Of its decoder row with the vector of the hookpoint's layer; null where there is none.",
    }),
    tokens: t.field({ type: [TokenValueRef], description: TOKENS, resolve: ({ tokens }) => tokens }),
  }),
});

PartRef.implement({
  description: 'A feature near the vector.',
  fields: (t) => ({
    index: t.exposeInt('feature', { description: INDEX }),
    feature: t.field({ type: FeatureRef, nullable: true, description: PAGE, resolve: loadFeature }),
    cosine: t.exposeFloat('cosine', { description: 'Of its decoder row with the vector, -1 to 1.' }),
    explained: t.float({
      nullable: true,
      description:
        "Share of the vector's squared norm in the span of this row and those before it; null in older analyses.",
      resolve: ({ explained }) => explained ?? null,
    }),
    tokens: t.field({ type: [TokenValueRef], description: TOKENS, resolve: ({ tokens }) => tokens }),
  }),
});

FeatureSteeringRef.implement({
  description: "A feature's decoder row added instead of the vector, at the vector's norm times scale.",
  fields: (t) => ({
    index: t.exposeInt('feature', { description: INDEX }),
    feature: t.field({ type: FeatureRef, nullable: true, description: PAGE, resolve: loadFeature }),
    scale: t.exposeFloat('scale', { description: "Times the vector's norm." }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy then.',
      resolve: ({ accuracy }) => accuracy,
    }),
  }),
});

const FeaturesRef = builder.objectRef<AnalysisRow>('SteeringFeatures').implement({
  description: 'Generations read through a dictionary: features of right and of wrong answers.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    dictionarySlug: t.string({
      description: 'Slug of the dictionary, here or not.',
      resolve: member('features', ({ dictionary }) => dictionary),
    }),
    dictionary: t.field({
      type: DictionaryNode,
      nullable: true,
      description: 'The dictionary; null where it is not published here.',
      resolve: async ({ vectorId }, _args, { loaders }) => {
        const { record } = (await loaders.analysisResults.load([vectorId, 'features']))!;
        const id = await loaders.dictionaryId.load((record as { dictionary: string }).dictionary);
        return id === null ? null : loaders.dictionary.load(id);
      },
    }),
    hookpoint: t.string({
      description: 'Where it reads.',
      resolve: member('features', ({ hookpoint }) => hookpoint),
    }),
    budget: t.int({
      description: 'Acts kept per token.',
      resolve: member('features', ({ budget }) => budget),
    }),
    correct: t.int({
      description: 'Generations with right answers.',
      resolve: member('features', ({ correct }) => correct),
    }),
    incorrect: t.int({
      description: 'Generations with wrong answers.',
      resolve: member('features', ({ incorrect }) => incorrect),
    }),
    tested: t.int({
      description: 'Features that ever fire: so many were tested.',
      resolve: member('features', ({ tested }) => tested),
    }),
    features: t.field({
      type: [DifferenceRef],
      description: 'Those that tell right answers from wrong ones, as the analysis ranked them.',
      args: {
        first: t.arg.int({
          defaultValue: FEATURE_PAGE.usual,
          description: `At most so many, up to ${FEATURE_PAGE.most}.`,
        }),
      },
      resolve: async (row, { first }, context) => {
        const count = parseFirst(first, FEATURE_PAGE, 'features');
        return member('features', ({ features, dictionary }) =>
          features.slice(0, count).map((feature) => ({ ...feature, dictionary })),
        )(row, {}, context);
      },
    }),
    decomposition: t.field({
      type: [PartRef],
      description: "Those nearest to the vector of the hookpoint's layer, by cosine.",
      resolve: member('features', ({ decomposition, dictionary }) =>
        decomposition.map((part) => ({ ...part, dictionary })),
      ),
    }),
    explainedByChance: t.float({
      nullable: true,
      description: 'What as many rows, chosen alike, explain of a random direction; null in older analyses.',
      resolve: member('features', ({ explainedByChance }) => explainedByChance ?? null),
    }),
    steering: t.field({
      type: [FeatureSteeringRef],
      description: 'Accuracy with features added instead of the vector.',
      resolve: member('features', ({ steering, dictionary }) =>
        steering.map((row) => ({ ...row, dictionary })),
      ),
    }),
  }),
});

builder.objectField(SteeringVectorRef, 'features', (t) =>
  t.field({
    type: FeaturesRef,
    nullable: true,
    description: 'Which dictionary features tell right answers from wrong ones; null where nobody asked.',
    resolve: analysis('features'),
  }),
);
