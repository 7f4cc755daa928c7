/** The features of a dictionary as a sortable, filterable list, and the search over all dictionaries. */
import { builder } from '../builder.ts';
import { CodedError } from '../errors.ts';
import { FEATURE_PAGE, MAX_SEARCH_LENGTH, SEARCH_PAGE } from '../limits.ts';
import { countFeatures, createFeatureCursor, loadFeaturePage } from '../loaders/feature-page.ts';
import type { FeatureList } from '../loaders/feature-page.ts';
import { countFound, createFoundCursor, searchFeatures } from '../loaders/search.ts';
import { connect, parsePage } from '../page.ts';
import { DictionaryNode } from './dictionary.ts';
import { BUDGET, FeatureRef, parseBudget } from './feature.ts';

const FeatureOrderField = builder.enumType('FeatureOrderField', {
  description: 'What features are ordered by.',
  values: {
    INDEX: { description: 'Row of the dictionary.' },
    DENSITY: { description: "Share of tokens where it acts at the list's budget." },
    MAX_ACT: { description: "Strongest act at the list's budget." },
    DOMAIN_SHARE: {
      description: 'Feature.domainShare, at the largest budget; features without one count as the smallest.',
    },
  },
});

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end comes first.',
  values: { ASC: { description: 'Smallest first.' }, DESC: { description: 'Largest first.' } },
});

const FeatureOrder = builder.inputType('FeatureOrder', {
  description: 'Order of a list of features; equal ones by index.',
  fields: (t) => ({
    field: t.field({ type: FeatureOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, defaultValue: 'DESC', description: 'Which end comes first.' }),
  }),
});

const FeatureFilter = builder.inputType('FeatureFilter', {
  description:
    "Which features: those that meet every condition given. Numbers are those at the list's budget.",
  fields: (t) => ({
    label: t.string({ description: 'A label contains this text, in whatever case.' }),
    minDensity: t.float({ description: 'Acts on at least this share of tokens, 0 to 1.' }),
    maxDensity: t.float({ description: 'Acts on at most this share of tokens, 0 to 1.' }),
    minMaxAct: t.float({ description: 'Its strongest act is at least this.' }),
    dead: t.boolean({ description: 'true: silent on the whole evaluation set; false: acts somewhere.' }),
    corpus: t.string({ description: 'Slug of the corpus where it acts on the largest share of tokens.' }),
  }),
});

/** A list without orderBy. */
const BY_INDEX = { field: 'INDEX', direction: 'ASC' } as const;

builder.prismaObjectField(DictionaryNode, 'features', (t) =>
  t.connection({
    type: FeatureRef,
    description: 'Its features, by index where no order is given.',
    args: {
      budget: t.arg.int({
        description: `Which level order and filter refer to: one of Dictionary.budgets, at any other the list is empty. ${BUDGET}`,
      }),
      orderBy: t.arg({ type: FeatureOrder, description: 'Order of the list.' }),
      filter: t.arg({ type: FeatureFilter, description: 'Which features.' }),
    },
    resolve: async (dictionary, args, { sql, loaders }) => {
      checkText('filter.label', args.filter?.label);
      const page = parsePage(args, FEATURE_PAGE, 'features');
      const list: FeatureList = {
        dictionaryId: dictionary.id,
        budget: parseBudget(args.budget, dictionary.maxBudget),
        order: args.orderBy
          ? { field: args.orderBy.field, direction: args.orderBy.direction ?? 'DESC' }
          : BY_INDEX,
        filter: args.filter ?? {},
      };
      const rows = await loadFeaturePage(sql, list, page);
      for (const { feature, stat } of rows) {
        loaders.feature.prime([feature.dictionaryId, feature.index], { ...feature, ord: 0 });
        loaders.stat.prime([feature.dictionaryId, feature.index, stat.budget], { ...stat, ord: 0 });
      }
      const cursors = new Map(rows.map((row) => [row.feature, createFeatureCursor(list, row)]));
      return connect(
        rows.map(({ feature }) => feature),
        page,
        (feature) => cursors.get(feature)!,
        () => countFeatures(sql, list),
      );
    },
  }),
);

builder.prismaObjectField(DictionaryNode, 'feature', (t) =>
  t.field({
    type: FeatureRef,
    nullable: true,
    description: 'One of its features; null where there is none.',
    args: { index: t.arg.int({ required: true, description: '0-based row.' }) },
    resolve: ({ id }, { index }, { loaders }) => loaders.feature.load([id, index]),
  }),
);

builder.queryFields((t) => ({
  searchFeatures: t.connection({
    type: FeatureRef,
    description:
      'Features of published dictionaries with a label that contains a text: labels that equal it, then labels that begin with it, then the rest; the densest first among equals.',
    args: {
      query: t.arg.string({
        required: true,
        description: `The text, up to ${MAX_SEARCH_LENGTH} characters; nothing is found by an empty one.`,
      }),
      dictionary: t.arg.string({ description: 'Slug of the only dictionary to look in.' }),
    },
    resolve: async (_root, args, { sql, loaders }) => {
      checkText('query', args.query);
      const page = parsePage(args, SEARCH_PAGE, 'searchFeatures');
      const search = { query: args.query.trim(), dictionary: args.dictionary ?? null };
      const rows = await searchFeatures(sql, search, page);
      for (const row of rows) loaders.feature.prime([row.dictionaryId, row.index], { ...row, ord: 0 });
      return connect(
        rows,
        page,
        (row) => createFoundCursor(search, row),
        () => countFound(sql, search),
      );
    },
  }),
}));

function checkText(name: string, text: string | null | undefined): void {
  if (text != null && text.length > MAX_SEARCH_LENGTH) {
    throw new CodedError(
      'BAD_USER_INPUT',
      `${name}: expected at most ${MAX_SEARCH_LENGTH} characters, got ${text.length}`,
    );
  }
}
