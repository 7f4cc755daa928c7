/** Features: one row of a dictionary, the same at every budget; what depends on the budget takes it as an argument. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { CodedError } from '../errors.ts';
import { featureKey } from '../global-id.ts';
import { FEATURE_LIST, parseFirst } from '../limits.ts';
import type { CorpusRate, Feature, FeatureStat, Interval } from '../loaders/feature.ts';
import { CorpusNode } from './model.ts';
import { DictionaryNode } from './dictionary.ts';
import { HistogramRef } from './histogram.ts';

export const FeatureRef = builder.objectRef<Feature>('Feature');
const FeatureStatRef = builder.objectRef<FeatureStat & { readonly feature: Feature }>('FeatureStat');
const CorpusRateRef = builder.objectRef<CorpusRate>('FeatureCorpusRate');
const IntervalRef = builder.objectRef<Interval>('FeatureInterval');
const TokenLogitRef = builder.objectRef<{
  token: string;
  bytes: string;
  tokenIndex: number;
  value: number;
}>('TokenLogit');
const NeighbourRef = builder.objectRef<{ rank: number; cosine: number; feature: Feature }>('Neighbour');

export const BUDGET = 'Acts kept per token, 1 to K of the dictionary; K where it is not given.';

/** The budget asked for, or the largest. */
export function parseBudget(budget: number | null | undefined, maxBudget: number): number {
  const chosen = budget ?? maxBudget;
  if (chosen < 1 || chosen > maxBudget) {
    throw new CodedError('BAD_USER_INPUT', `expected a budget between 1 and ${maxBudget}, got ${chosen}`);
  }
  return chosen;
}

builder.node(FeatureRef, {
  id: { resolve: featureKey },
  description: 'One row of a dictionary; papers say latent. It is one and the same at every budget.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: '0-based row of the dictionary.' }),
    dictionary: t.field({
      type: DictionaryNode,
      description: 'The dictionary it is a row of.',
      resolve: async ({ dictionaryId }, _args, { loaders }) => (await loaders.dictionary.load(dictionaryId))!,
    }),
    density: t.exposeFloat('density', {
      description: 'Share of tokens where it acts at the largest budget, 0 to 1.',
    }),
    maxAct: t.exposeFloat('maxAct', { description: 'Strongest act at the largest budget.' }),
    encoderNorm: t.exposeFloat('encoderNorm', {
      description: 'L2 norm of its encoder row; decoder rows have norm 1.',
    }),
    encoderBias: t.exposeFloat('encoderBias', { description: 'Bias of its encoder row.' }),
    encoderDecoderCosine: t.exposeFloat('encoderDecoderCosine', {
      description: 'Cosine of its encoder and its decoder row, -1 to 1.',
    }),
    domainShare: t.exposeFloat('domainShare', {
      nullable: true,
      description:
        'How far it keeps to the domain of its dictionary: density on the corpora of the domain / sum of its densities over all corpora, at the largest budget, 0 to 1. null where the dictionary has no domain and where it is silent.',
    }),
    stat: t.field({
      type: FeatureStatRef,
      nullable: true,
      description: 'How it acts at one budget; null at a budget the dictionary was not read out at.',
      args: { budget: t.arg.int({ description: BUDGET }) },
      resolve: async (feature, { budget }, { loaders }) => {
        const stat = await loaders.stat.load([
          feature.dictionaryId,
          feature.index,
          budget ?? feature.maxBudget,
        ]);
        return stat && { ...stat, feature };
      },
    }),
    stats: t.field({
      type: [FeatureStatRef],
      description: 'How it acts at every budget the dictionary was read out at, smallest first.',
      resolve: async (feature, _args, { loaders }) => {
        const stats = await loaders.stats.load([feature.dictionaryId, feature.index]);
        return stats.map((stat) => ({ ...stat, feature }));
      },
    }),
    corpora: t.field({
      type: [CorpusRateRef],
      description: 'How often it acts in each corpus at one budget.',
      args: { budget: t.arg.int({ description: BUDGET }) },
      resolve: ({ dictionaryId, index, maxBudget }, { budget }, { loaders }) =>
        loaders.corpusRates.load([dictionaryId, index, budget ?? maxBudget]),
    }),
    intervals: t.field({
      type: [IntervalRef],
      description: 'Intervals of its strength with their edges at one budget, weakest first.',
      args: { budget: t.arg.int({ description: BUDGET }) },
      resolve: ({ dictionaryId, index, maxBudget }, { budget }, { loaders }) =>
        loaders.intervals.load([dictionaryId, index, budget ?? maxBudget]),
    }),
    topLogits: t.field({
      type: [TokenLogitRef],
      description: 'Tokens its decoder row makes likelier through the unembedding, most first.',
      args: { first: t.arg.int({ defaultValue: FEATURE_LIST.usual, description: FIRST }) },
      resolve: (feature, { first }, context) => loadLogits(feature, 'top', first, context),
    }),
    bottomLogits: t.field({
      type: [TokenLogitRef],
      description: 'Tokens its decoder row makes less likely through the unembedding, most first.',
      args: { first: t.arg.int({ defaultValue: FEATURE_LIST.usual, description: FIRST }) },
      resolve: (feature, { first }, context) => loadLogits(feature, 'bottom', first, context),
    }),
    neighbours: t.field({
      type: [NeighbourRef],
      description: 'Features of the same dictionary whose decoder rows are nearest by cosine, nearest first.',
      args: { first: t.arg.int({ defaultValue: FEATURE_LIST.usual, description: FIRST }) },
      resolve: (feature, { first }, context) => loadNeighbours(feature, first, context),
    }),
    previous: t.field({
      type: FeatureRef,
      nullable: true,
      description: 'The feature of the index before; null at the first.',
      resolve: ({ dictionaryId, index }, _args, { loaders }) =>
        loaders.feature.load([dictionaryId, index - 1]),
    }),
    next: t.field({
      type: FeatureRef,
      nullable: true,
      description: 'The feature of the index after; null at the last.',
      resolve: ({ dictionaryId, index }, _args, { loaders }) =>
        loaders.feature.load([dictionaryId, index + 1]),
    }),
  }),
});

const FIRST = `At most so many, up to ${FEATURE_LIST.most}.`;

async function loadLogits(
  { dictionaryId, index, modelId, modelSha256 }: Feature,
  side: 'top' | 'bottom',
  first: number | null | undefined,
  { loaders, vocabularies }: Context,
) {
  const count = parseFirst(first, FEATURE_LIST, `${side}Logits`);
  const [logits, vocabulary] = await Promise.all([
    loaders.logits.load([dictionaryId, index, side, count]),
    vocabularies.load(modelId, modelSha256),
  ]);
  return logits.map(({ tokenIndex, value }) => {
    const { text, bytes } = vocabulary.token(tokenIndex);
    return { token: text, bytes, tokenIndex, value };
  });
}

async function loadNeighbours(
  { dictionaryId, index }: Feature,
  first: number | null | undefined,
  { loaders }: Context,
) {
  const count = parseFirst(first, FEATURE_LIST, 'neighbours');
  const neighbours = await loaders.neighbours.load([dictionaryId, index, count]);
  const features = await Promise.all(
    neighbours.map((n) => loaders.feature.load([dictionaryId, n.neighbourIndex])),
  );
  return neighbours.flatMap(({ rank, cosine }, i) => {
    const feature = features[i];
    return feature ? [{ rank, cosine, feature }] : [];
  });
}

FeatureStatRef.implement({
  description: 'How a feature acts at one budget, over the whole evaluation set.',
  fields: (t) => ({
    budget: t.exposeInt('budget', { description: 'Acts kept per token.' }),
    fireCount: t.expose('fireCount', { type: 'BigInt', description: 'Tokens where it acts.' }),
    tokenCount: t.expose('tokenCount', { type: 'BigInt', description: 'Tokens looked at.' }),
    density: t.exposeFloat('density', { description: 'fireCount / tokenCount, 0 to 1.' }),
    maxAct: t.exposeFloat('maxAct', { description: 'Strongest act.' }),
    meanAct: t.exposeFloat('meanAct', { description: 'Mean act over the tokens where it acts.' }),
    histogram: t.field({
      type: HistogramRef,
      description:
        'Tokens where it acts by the strength of its act, in equal bins from 0. The bins are the same at every budget, so that budgets can be compared.',
      resolve: ({ histogram, feature }) => ({
        counts: histogram,
        lower: 0,
        upper: feature.maxAct,
      }),
    }),
  }),
});

CorpusRateRef.implement({
  description: 'How often a feature acts in one corpus.',
  fields: (t) => ({
    corpus: t.field({
      type: CorpusNode,
      description: 'The text.',
      resolve: async ({ corpusId }, _args, { loaders }) => (await loaders.corpus.load(corpusId))!,
    }),
    fireCount: t.expose('fireCount', { type: 'BigInt', description: 'Tokens of it where the feature acts.' }),
    tokenCount: t.expose('tokenCount', { type: 'BigInt', description: 'Tokens of it looked at.' }),
    density: t.float({
      description: 'fireCount / tokenCount, 0 to 1.',
      resolve: ({ fireCount, tokenCount }) =>
        Number(tokenCount) === 0 ? 0 : Number(fireCount) / Number(tokenCount),
    }),
  }),
});

IntervalRef.implement({
  description: "An interval of a feature's strength at one budget: lowerAct < act <= upperAct.",
  fields: (t) => ({
    interval: t.exposeInt('interval', { description: '0 is the weakest.' }),
    lowerAct: t.exposeFloat('lowerAct', { description: 'Lower edge, excluded.' }),
    upperAct: t.exposeFloat('upperAct', { description: 'Upper edge, included.' }),
    fireCount: t.expose('fireCount', {
      type: 'BigInt',
      description: 'Tokens of the evaluation set in the interval.',
    }),
  }),
});

TokenLogitRef.implement({
  description: 'What a feature does to one token of the vocabulary.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'Text of the token; a fragment of a character shows as U+FFFD, bytes has it whole.',
    }),
    bytes: t.exposeString('bytes', { description: 'Its raw bytes, hex.' }),
    tokenIndex: t.exposeInt('tokenIndex', { description: '0-based place in the vocabulary.' }),
    value: t.exposeFloat('value', {
      description: 'Logit per unit of act: decoder row times unembedding row.',
    }),
  }),
});

NeighbourRef.implement({
  description: 'A nearby feature of the same dictionary.',
  fields: (t) => ({
    rank: t.exposeInt('rank', { description: '0 is the nearest.' }),
    cosine: t.exposeFloat('cosine', { description: 'Cosine of the decoder rows, -1 to 1.' }),
    feature: t.expose('feature', { type: FeatureRef, description: 'The other feature.' }),
  }),
});

builder.queryFields((t) => ({
  feature: t.field({
    type: FeatureRef,
    nullable: true,
    description: 'One feature of a published dictionary; null where there is none.',
    args: {
      dictionary: t.arg.string({ required: true, description: 'Slug of the dictionary.' }),
      index: t.arg.int({ required: true, description: '0-based row of the dictionary.' }),
    },
    resolve: async (_root, { dictionary: slug, index }, { loaders }) => {
      const dictionaryId = await loaders.dictionaryId.load(slug);
      return dictionaryId === null ? null : loaders.feature.load([dictionaryId, index]);
    },
  }),
}));
