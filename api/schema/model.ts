/** Language models whose hidden states dictionaries are trained on, and the text that is read through them. */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { builder } from '../builder.ts';
import { MODEL_PAGE } from '../limits.ts';
import { loadIdPage, ROWS } from './id-page.ts';

export const ModelNode = builder.prismaNode('Model', {
  id: { field: 'id' },
  description: 'A language model whose hidden states dictionaries are trained on.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Natural key, also the address of its page.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    family: t.exposeString('family', { description: 'Architecture: llama, gpt2, ...' }),
    description: t.exposeString('description', { description: 'What it is, in a sentence.' }),
    layerCount: t.exposeInt('layerCount', { description: 'Transformer layers.' }),
    hiddenWidth: t.exposeInt('hiddenWidth', { description: 'Width D of the residual stream.' }),
    headCount: t.exposeInt('headCount', { description: 'Query heads of a layer.' }),
    kvHeadCount: t.exposeInt('kvHeadCount', {
      description: 'Key and value heads of a layer; fewer than query heads where queries share them.',
    }),
    vocabSize: t.exposeInt('vocabSize', { description: 'Tokens of the vocabulary.' }),
    contextLength: t.exposeInt('contextLength', { description: 'Longest sequence, tokens.' }),
    parameterCount: t.expose('parameterCount', {
      type: 'BigInt',
      description: 'Parameters, tied ones counted once.',
    }),
    revision: t.exposeString('revision', { description: 'Version of the weights, as their maker names it.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the weights file, hex.' }),
    config: t.expose('config', { type: 'JSON', description: 'The whole config.json of the model.' }),
    training: t.expose('training', {
      type: 'JSON',
      nullable: true,
      description:
        'How it was trained: command, seed, steps, tokens, losses in nats per token; null where nobody knows.',
    }),
    heldOutNats: t.exposeFloat('heldOutNats', {
      nullable: true,
      description:
        'Mean next-token cross-entropy on its held-out text, nats per token; null where it was not measured.',
    }),
  }),
});

export const CorpusNode = builder.prismaNode('Corpus', {
  id: { field: 'id' },
  description: 'A named body of text.',
  fields: (t) => ({
    slug: t.exposeString('slug', {
      description: 'Its name in filters; together with sha256 the natural key.',
    }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    domain: t.exposeString('domain', { description: 'What kind of text: general, code, russian, ...' }),
    description: t.exposeString('description', { description: 'Where the text is from, in a sentence.' }),
    documentCount: t.exposeInt('documentCount', { description: 'Documents, duplicates removed.' }),
    byteCount: t.expose('byteCount', { type: 'BigInt', description: 'Bytes of UTF-8.' }),
    sha256: t.exposeString('sha256', { description: "SHA-256 over the documents' hashes in order, hex." }),
  }),
});

builder.queryFields((t) => ({
  models: t.connection({
    type: ModelNode,
    description: 'Language models, in the order they came.',
    resolve: (_root, args, context, info) =>
      loadIdPage(
        {
          name: 'models',
          limit: MODEL_PAGE,
          isNewestFirst: false,
          find: ({ idFilter, ...query }) =>
            context.db.model.findMany({
              ...queryFromInfo({ context, info, paths: ROWS }),
              ...query,
              where: { id: idFilter },
            }),
          count: () => context.db.model.count(),
        },
        args,
      ),
  }),
  model: t.prismaField({
    type: 'Model',
    nullable: true,
    description: 'The model of this slug; null where there is none.',
    args: { slug: t.arg.string({ required: true, description: 'Natural key of the model.' }) },
    resolve: (query, _root, { slug }, { db }) => db.model.findUnique({ ...query, where: { slug } }),
  }),
  corpora: t.prismaField({
    type: ['Corpus'],
    description:
      'Every body of text, by slug. A text that changed is another corpus of the same slug: the newest first.',
    resolve: (query, _root, _args, { db }) =>
      db.corpus.findMany({ ...query, orderBy: [{ slug: 'asc' }, { id: 'desc' }] }),
  }),
}));
