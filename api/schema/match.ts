/** Matches: a feature beside its like in another dictionary. Visible where both dictionaries are published. */
import { builder } from '../builder.ts';
import { CodedError } from '../errors.ts';
import { FEATURE_LIST, MATCH_PAGE, parseFirst } from '../limits.ts';
import { COSINE_BINS, countMatches, createMatchCursor, loadMatchPage } from '../loaders/match.ts';
import type { FeatureMatch, MatchKey, MatchList } from '../loaders/match.ts';
import { connect, parsePage } from '../page.ts';
import { DictionaryNode } from './dictionary.ts';
import { OrderDirection } from './feature-list.ts';
import { FeatureRef } from './feature.ts';
import { HistogramRef } from './histogram.ts';

const MatchMethod = builder.enumType('MatchMethod', {
  description: 'How features of two dictionaries are compared. All values lie between -1 and 1.',
  values: {
    DECODER_COSINE: {
      value: 'decoder_cosine',
      description:
        'Cosine of the decoder rows: rank 0 is the feature of the other dictionary with the greatest.',
    },
    ENCODER_COSINE: { value: 'encoder_cosine', description: 'Cosine of the encoder rows, likewise.' },
    ONE_TO_ONE: {
      value: 'one_to_one',
      description:
        'Decoder cosine within the one-to-one assignment of greatest total: one match at most, rank 0.',
    },
    ACT_CORRELATION: {
      value: 'act_correlation',
      description: 'Pearson correlation of the two acts over the tokens of one text.',
    },
  } as const,
});

const FeatureMatchRef = builder.objectRef<FeatureMatch>('FeatureMatch');
const MatchSummaryRef = builder.objectRef<{
  readonly key: MatchKey;
  readonly counts: number[];
  readonly count: number;
}>('MatchSummary');

FeatureMatchRef.implement({
  description: 'A feature beside its like in another dictionary.',
  fields: (t) => ({
    feature: t.field({
      type: FeatureRef,
      description: 'The feature.',
      resolve: async ({ dictionaryId, featureIndex }, _args, { loaders }) =>
        (await loaders.feature.load([dictionaryId, featureIndex]))!,
    }),
    other: t.field({
      type: FeatureRef,
      description: 'Its like in the other dictionary.',
      resolve: async ({ otherDictionaryId, otherIndex }, _args, { loaders }) =>
        (await loaders.feature.load([otherDictionaryId, otherIndex]))!,
    }),
    method: t.expose('method', { type: MatchMethod, description: 'How they were compared.' }),
    rank: t.exposeInt('rank', { description: '0 is the likest of that dictionary.' }),
    value: t.exposeFloat('value', { description: 'Cosine or correlation, -1 to 1.' }),
  }),
});

MatchSummaryRef.implement({
  description:
    'How well the features of a dictionary are found again in another one: the best match of each.',
  fields: (t) => ({
    histogram: t.field({
      type: HistogramRef,
      description: `Features by the value of their best match (rank 0), in ${COSINE_BINS} equal bins from -1 to 1.`,
      resolve: ({ counts }) => ({ counts, lower: -1, upper: 1 }),
    }),
    matchedAbove: t.int({
      description: 'Features whose best match (rank 0) has a value above the threshold.',
      args: { threshold: t.arg.float({ defaultValue: 0.7, description: 'Cosine or correlation, -1 to 1.' }) },
      resolve: async ({ key }, { threshold }, { loaders }) =>
        (await loaders.matchedAbove.load([...key, threshold ?? 0.7]))?.count ?? 0,
    }),
    count: t.exposeInt('count', { description: 'Features that have a match.' }),
  }),
});

builder.objectField(FeatureRef, 'matches', (t) =>
  t.field({
    type: [FeatureMatchRef],
    description: 'Its likes in other published dictionaries, likest first.',
    args: {
      other: t.arg.string({ description: 'Slug of the only dictionary to look in; all without it.' }),
      method: t.arg({
        type: MatchMethod,
        defaultValue: 'decoder_cosine',
        description: 'How features are compared.',
      }),
      first: t.arg.int({
        defaultValue: FEATURE_LIST.usual,
        description: `At most so many, up to ${FEATURE_LIST.most}.`,
      }),
    },
    resolve: async ({ dictionaryId, index }, { other, method, first }, { loaders }) => {
      const count = parseFirst(first, FEATURE_LIST, 'matches');
      const otherId = other == null ? null : await loaders.dictionaryId.load(other);
      if (other != null && otherId === null) return [];
      return loaders.featureMatches.load([dictionaryId, index, otherId, method ?? 'decoder_cosine', count]);
    },
  }),
);

const OTHER = 'Slug of the other dictionary.';

builder.prismaObjectFields(DictionaryNode, (t) => ({
  matches: t.connection({
    type: FeatureMatchRef,
    description:
      'Its features beside their likes in another dictionary, by value, equal ones by index; empty where the two were not compared so.',
    args: {
      other: t.arg.string({ required: true, description: OTHER }),
      method: t.arg({ type: MatchMethod, required: true, description: 'How features are compared.' }),
      rank: t.arg.int({ defaultValue: 0, description: 'Which of its likes: 0 is the likest.' }),
      minValue: t.arg.float({ description: 'Only values of at least this.' }),
      maxValue: t.arg.float({
        description: 'Only values of at most this: what the other dictionary lacks has a low one.',
      }),
      direction: t.arg({
        type: OrderDirection,
        defaultValue: 'DESC',
        description: 'Which end comes first: the likest or the least like.',
      }),
    },
    resolve: async ({ id }, args, { sql, loaders }) => {
      const page = parsePage(args, MATCH_PAGE, 'matches');
      const rank = args.rank ?? 0;
      if (rank < 0) throw new CodedError('BAD_USER_INPUT', `matches: expected a rank >= 0, got ${rank}`);
      const list: MatchList = {
        dictionaryId: id,
        // 0 is nobody's id: nothing is found there.
        otherDictionaryId: (await loaders.dictionaryId.load(args.other)) ?? 0,
        method: args.method,
        rank,
        direction: args.direction ?? 'DESC',
        minValue: args.minValue ?? null,
        maxValue: args.maxValue ?? null,
      };
      return connect(
        await loadMatchPage(sql, list, page),
        page,
        (match) => createMatchCursor(list, match),
        () => countMatches(sql, list),
      );
    },
  }),
  matchSummary: t.field({
    type: MatchSummaryRef,
    nullable: true,
    description:
      'How well its features are found again in another dictionary; null where the two were not compared so.',
    args: {
      other: t.arg.string({ required: true, description: OTHER }),
      method: t.arg({ type: MatchMethod, required: true, description: 'How features are compared.' }),
    },
    resolve: async ({ id }, { other, method }, { loaders }) => {
      const otherId = await loaders.dictionaryId.load(other);
      if (otherId === null) return null;
      const key = [id, otherId, method] as const;
      const counts = new Array<number>(COSINE_BINS).fill(0);
      for (const { bin, count } of await loaders.matchBins.load(key)) counts[bin] = count;
      const count = counts.reduce((sum, inBin) => sum + inBin, 0);
      return count === 0 ? null : { key, counts, count };
    },
  }),
  matchedDictionaries: t.field({
    type: [DictionaryNode],
    description:
      'Published dictionaries that its features were compared with, by whatever method, oldest first.',
    resolve: async ({ id }, _args, { loaders }) => {
      const ids = await loaders.matchedDictionaryIds.load([id]);
      const found = await Promise.all(ids.map((row) => loaders.dictionary.load(row.id)));
      return found.filter((dictionary) => dictionary !== null);
    },
  }),
}));
