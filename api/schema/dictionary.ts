/** Dictionaries: only those that are published, wherever they are reached from. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { DICTIONARY_PAGE } from '../limits.ts';
import { PUBLISHED } from '../loaders/index.ts';
import type { PageArgs } from '../page.ts';
import { loadIdPage, ROWS } from './id-page.ts';
import { ModelNode } from './model.ts';

export const DictionaryKind = builder.enumType('DictionaryKind', {
  description: 'How a dictionary picks the acts of a token.',
  values: {
    TOPK: { value: 'topk', description: 'The k strongest of a token.' },
    BATCH_TOPK: { value: 'batch_topk', description: 'The k x batch strongest of a whole batch.' },
    HIERARCHICAL_TOPK: {
      value: 'hierarchical_topk',
      description: 'The K strongest, trained so that every prefix of j <= K of them reconstructs well.',
    },
    JUMPRELU: { value: 'jumprelu', description: 'Those above a threshold learned for each feature.' },
    MATRYOSHKA_BATCH_TOPK: {
      value: 'matryoshka_batch_topk',
      description: 'Batch top-k, trained so that every nested prefix of the dictionary reconstructs well.',
    },
    RELU: { value: 'relu', description: 'Every positive one; sparse by a penalty in training.' },
  } as const,
});

export const DictionaryNode = builder.prismaNode('Dictionary', {
  id: { field: 'id' },
  description:
    'A trained sparse dictionary of features on one hookpoint of one model. Only published ones can be seen.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Natural key, also the address of its page.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    kind: t.expose('kind', { type: DictionaryKind, description: 'How it picks the acts of a token.' }),
    hookpoint: t.exposeString('hookpoint', {
      description: 'Named place in the model, e.g. layers.2.residual.post',
    }),
    layer: t.exposeInt('layer', { description: 'Layer of the hookpoint, 0-based.' }),
    width: t.exposeInt('width', { description: 'Number of features F.' }),
    hiddenWidth: t.exposeInt('hiddenWidth', { description: 'Width D of the hidden it reads.' }),
    maxBudget: t.exposeInt('maxBudget', {
      description: 'Largest budget K, acts kept per token; the budget of everything that does not name one.',
    }),
    domain: t.exposeString('domain', {
      nullable: true,
      description: 'Kind of text a boost is for; null for a dictionary of its own.',
    }),
    publishedAt: t.field({
      type: 'DateTime',
      description: 'When it became visible.',
      resolve: ({ publishedAt }) => publishedAt!,
    }),
    model: t.relation('model', { description: 'The model it reads.' }),
    run: t.relation('run', {
      nullable: true,
      description: 'The run that made it; null where that is not on record.',
    }),
    children: t.relation('children', {
      description: 'Published dictionaries that boost this one, oldest first.',
      query: { where: PUBLISHED, orderBy: { id: 'asc' } },
    }),
    provenance: t.relation('provenance', {
      nullable: true,
      description: 'Everything needed to make it again.',
    }),
    budgets: t.relation('levels', {
      description: 'The dictionary at each budget it was read out at, smallest first.',
      query: { orderBy: { budget: 'asc' } },
    }),
  }),
});

builder.prismaObjectField(DictionaryNode, 'parent', (t) =>
  t.field({
    type: DictionaryNode,
    nullable: true,
    description: 'The frozen dictionary this one boosts; null for a dictionary of its own.',
    resolve: ({ parentId }, _args, { loaders }) =>
      parentId === null ? null : loaders.dictionary.load(parentId),
  }),
);

export const ProvenanceRef = builder.prismaObject('Provenance', {
  description: 'Everything needed to make a published thing again.',
  fields: (t) => ({
    modelSlug: t.exposeString('modelSlug', { description: 'The model whose hidden states were read.' }),
    modelRevision: t.exposeString('modelRevision', { description: 'Version of its weights.' }),
    modelSha256: t.exposeString('modelSha256', { description: 'SHA-256 of its weights file, hex.' }),
    checkpointSha256: t.exposeString('checkpointSha256', {
      description: "SHA-256 of the dictionary's checkpoint, hex.",
    }),
    trainCorpora: t.expose('trainCorpora', {
      type: 'JSON',
      description: 'Text it was trained on: [{ slug, sha256, documentCount, byteCount }].',
    }),
    readCorpora: t.expose('readCorpora', {
      type: 'JSON',
      description: 'Text its examples and metrics are from: [{ slug, sha256, documentCount, byteCount }].',
    }),
    tokenizer: t.exposeString('tokenizer', { description: 'Name and hash of the tokenizer.' }),
    contextLength: t.exposeInt('contextLength', {
      description: 'Tokens of a window the model read at once.',
    }),
    bosPolicy: t.exposeString('bosPolicy', {
      description:
        'What was done about the first token of a window, whose hidden state is unlike all others.',
    }),
    normalisation: t.exposeString('normalisation', {
      description: 'What hidden states were scaled by before the dictionary.',
    }),
    codeCommit: t.exposeString('codeCommit', { description: 'Commit of the code that made it.' }),
    backend: t.exposeString('backend', { description: 'Tensor backend it was made on.' }),
    seed: t.exposeInt('seed', { description: 'Seed of all randomness.' }),
    trainTokenCount: t.expose('trainTokenCount', {
      type: 'BigInt',
      description: 'Tokens it was trained on, repeats counted.',
    }),
    readTokenCount: t.expose('readTokenCount', {
      type: 'BigInt',
      description: 'Tokens of the evaluation set it was read out on.',
    }),
    command: t.exposeString('command', { description: 'The command line that makes it again.' }),
    config: t.expose('config', { type: 'JSON', description: 'The whole flat config of that command.' }),
  }),
});

function dictionaryPage(args: PageArgs, context: Context, info: GraphQLResolveInfo, modelId?: number) {
  const where = { ...PUBLISHED, modelId };
  return loadIdPage(
    {
      name: modelId === undefined ? 'dictionaries' : `dictionaries.${modelId}`,
      limit: DICTIONARY_PAGE,
      isNewestFirst: true,
      find: ({ idFilter, ...query }) =>
        context.db.dictionary.findMany({
          ...queryFromInfo({ context, info, paths: ROWS }),
          ...query,
          where: { ...where, id: idFilter },
        }),
      count: () => context.db.dictionary.count({ where }),
    },
    args,
  );
}

builder.prismaObjectField(ModelNode, 'dictionaries', (t) =>
  t.connection({
    type: DictionaryNode,
    description: 'Published dictionaries of this model, newest first.',
    resolve: (model, args, context, info) => dictionaryPage(args, context, info, model.id),
  }),
);

builder.queryFields((t) => ({
  dictionaries: t.connection({
    type: DictionaryNode,
    description: 'Published dictionaries, newest first.',
    resolve: (_root, args, context, info) => dictionaryPage(args, context, info),
  }),
  dictionary: t.prismaField({
    type: 'Dictionary',
    nullable: true,
    description: 'The published dictionary of this slug; null where there is none.',
    args: { slug: t.arg.string({ required: true, description: 'Natural key of the dictionary.' }) },
    resolve: (query, _root, { slug }, { db }) =>
      db.dictionary.findFirst({ ...query, where: { slug, ...PUBLISHED } }),
  }),
}));
