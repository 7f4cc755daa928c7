/** The head of a study: how it was made, the models it compares, the paper's figures. */
import { builder } from '../builder.ts';
import type { StudyRow } from '../loaders/study.ts';
import type { SteeringProvenance } from '../steering-record.ts';
import type { LimeRecord, PaperFigure, StudiedModel, StudyJson, StudyProvenance } from '../study-record.ts';
import { ModelNode } from './model.ts';

export const StudiedModelRef = builder.objectRef<StudiedModel & { readonly studyId: number }>('StudiedModel');
export const LimeSettingsRef = builder.objectRef<LimeRecord>('LimeSettings');
export const PaperFigureRef = builder.objectRef<PaperFigure>('PaperFigure');
export const StudyProvenanceRef = builder.objectRef<StudyProvenance & { readonly study: StudyRow }>(
  'StudyProvenance',
);
export const StudyCorpusRef = builder.objectRef<{ readonly slug: string; readonly sha256: string }>(
  'StudyCorpus',
);

/** A study of steering vectors has problems in the place of text, and settings in that of an optimiser's. */
export function provenanceOf({ kind }: StudyRow, { provenance }: StudyJson): StudyProvenance {
  if (kind !== 'steering') return provenance;
  const { problems, settings, ...rest } = provenance as unknown as SteeringProvenance;
  return { ...rest, models: [], corpora: [problems], training: settings };
}

StudyProvenanceRef.implement({
  description: 'Everything needed to make a study again.',
  fields: (t) => ({
    command: t.string({
      description: 'The command line that makes it again.',
      resolve: ({ study }) => study.command,
    }),
    codeCommit: t.string({
      description: 'Commit of the code that made it.',
      resolve: ({ study }) => study.codeCommit,
    }),
    backend: t.string({
      description: 'Tensor backend it was made on.',
      resolve: ({ study }) => study.backend,
    }),
    device: t.exposeString('device', { description: 'The machine it was made on.' }),
    threads: t.exposeInt('threads', { description: 'Threads it used.' }),
    seeds: t.intList({
      description: 'Its seeds; every list by seed is in this order.',
      resolve: ({ study }) => study.seeds,
    }),
    tokens: t.field({
      type: 'BigInt',
      description: 'Tokens each training read, repeats counted.',
      resolve: ({ study }) => study.trainTokenCount,
    }),
    corpora: t.field({
      type: [StudyCorpusRef],
      description: 'Text or problems it was trained and measured on; none where the text is generated.',
      resolve: ({ corpora }) => corpora,
    }),
    training: t.expose('training', {
      type: 'JSON',
      description: 'Of the optimiser: rates, batch, steps, as they were told.',
    }),
    seconds: t.exposeFloat('seconds', { description: 'Wall clock of everything in it, all seeds, s.' }),
    notes: t.exposeStringList('notes', {
      description: "Where it differs from the paper's set-up, a sentence each.",
    }),
  }),
});

StudyCorpusRef.implement({
  description: 'A text that a study read.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Its name.' }),
    sha256: t.exposeString('sha256', { description: "SHA-256 over the documents' hashes in order, hex." }),
  }),
});

StudiedModelRef.implement({
  description: 'An architecture that a study trained.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Variant and depth; what the results call it.' }),
    variant: t.exposeString('variant', {
      description: 'llama, lime, uniform, dynamic, last-2, first-4, ...: what its routers are.',
    }),
    layers: t.exposeInt('layers', { description: 'Transformer layers.' }),
    width: t.exposeInt('width', { description: 'Width D of the residual stream.' }),
    heads: t.exposeInt('heads', { description: 'Query heads of a layer.' }),
    kvHeads: t.exposeInt('kvHeads', { description: 'Key and value heads of a layer; routers mix these.' }),
    mlpWidth: t.exposeInt('mlpWidth', { description: 'Width of the MLP.' }),
    vocabSize: t.exposeInt('vocabSize', { description: 'Tokens of the vocabulary.' }),
    contextLength: t.exposeInt('contextLength', { description: 'Tokens of a sequence.' }),
    lime: t.field({
      type: LimeSettingsRef,
      nullable: true,
      description: 'Its routers; null of a plain transformer.',
      resolve: ({ lime }) => lime,
    }),
    parameterCount: t.field({
      type: 'BigInt',
      description: 'Parameters, tied ones counted once.',
      resolve: ({ parameterCount }) => parameterCount,
    }),
    routerParameterCount: t.field({
      type: 'BigInt',
      description:
        'Parameters of its routers: sum over layers l = 2..L of l * (kv heads)^2, if they read all layers.',
      resolve: ({ routerParameterCount }) => routerParameterCount,
    }),
    forwardFlops: t.exposeFloat('forwardFlops', {
      description:
        'FLOPs of one forward pass over contextLength tokens, one for each multiply-add; training is three times that.',
    }),
    model: t.field({
      type: ModelNode,
      nullable: true,
      description: 'The model here that it is; null where it is not kept.',
      resolve: async ({ studyId, name }, _args, { loaders }) => {
        const link = await loaders.linkedModel.load([studyId, name]);
        return link && loaders.model.load(link.modelId);
      },
    }),
  }),
});

LimeSettingsRef.implement({
  description:
    'What the routers of a LIMe are: they mix keys and values of earlier layers into those of a layer.',
  fields: (t) => ({
    routers: t.string({
      description: 'static: one matrix per layer; dynamic: weights per token, from the hidden state.',
      resolve: ({ routers }) => routers ?? 'static',
    }),
    sources: t.string({
      description: 'Layers a router reads, its own always among them: all, last-n or first-n.',
      resolve: ({ sources = 'all' }) =>
        sources === 'all'
          ? 'all'
          : sources.last === undefined
            ? `first-${sources.first}`
            : `last-${sources.last}`,
    }),
    uniform: t.boolean({
      description: 'A fixed average in the place of learned weights.',
      resolve: ({ uniform }) => uniform ?? false,
    }),
  }),
});

PaperFigureRef.implement({
  description: "A paper's own figure, beside which ours stand.",
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it measures: "accuracy, 6 operands" and the like.' }),
    unit: t.exposeString('unit', { description: 'percent, nats, perplexity or ratio.' }),
    base: t.exposeFloat('base', {
      nullable: true,
      description: 'Of the plain transformer; null where it has none.',
    }),
    lime: t.exposeFloat('lime', { nullable: true, description: 'Of LIMe; null where it has none.' }),
    source: t.exposeString('source', { description: 'Table or section it is from.' }),
  }),
});
