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

/** Of steering vectors: the model that was steered and, where vectors went from one to another, its family. */
export function modelsOf({ kind }: StudyRow, head: StudyJson): readonly StudiedModel[] {
  if (kind !== 'steering') return head.provenance.models;
  const { model, modelParameterCount, family } = head as unknown as SteeringHead;
  const others = (family ?? []).filter((other) => other.model !== model);
  return [
    { name: model, parameterCount: modelParameterCount },
    ...others.map((other) => ({ name: other.model, parameterCount: null })),
  ];
}

interface SteeringHead {
  readonly model: string;
  readonly modelParameterCount: number;
  readonly family: readonly { readonly model: string }[] | null;
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

/** What a study of LIMe alone knows of its models. */
const OF_LIME = 'null in a study of another method, where its model has it.';

StudiedModelRef.implement({
  description: 'A model that a study is about: an architecture it trained, or one that was steered.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Variant and depth, or the slug of the model steered; what the results call it.',
    }),
    variant: t.exposeString('variant', {
      nullable: true,
      description: `llama, lime, uniform, dynamic, last-2, first-4, ...: what its routers are; ${OF_LIME}`,
    }),
    layers: t.exposeInt('layers', { nullable: true, description: `Transformer layers; ${OF_LIME}` }),
    width: t.exposeInt('width', {
      nullable: true,
      description: `Width D of the residual stream; ${OF_LIME}`,
    }),
    heads: t.exposeInt('heads', { nullable: true, description: `Query heads of a layer; ${OF_LIME}` }),
    kvHeads: t.exposeInt('kvHeads', {
      nullable: true,
      description: `Key and value heads of a layer; routers mix these; ${OF_LIME}`,
    }),
    mlpWidth: t.exposeInt('mlpWidth', { nullable: true, description: `Width of the MLP; ${OF_LIME}` }),
    vocabSize: t.exposeInt('vocabSize', {
      nullable: true,
      description: `Tokens of the vocabulary; ${OF_LIME}`,
    }),
    contextLength: t.exposeInt('contextLength', {
      nullable: true,
      description: `Tokens of a sequence; ${OF_LIME}`,
    }),
    lime: t.field({
      type: LimeSettingsRef,
      nullable: true,
      description: 'Its routers; null of a plain transformer.',
      resolve: ({ lime }) => lime ?? null,
    }),
    parameterCount: t.field({
      type: 'BigInt',
      nullable: true,
      description:
        'Parameters, tied ones counted once; null of a sibling, of which only the name is on record.',
      resolve: ({ parameterCount }) => parameterCount,
    }),
    routerParameterCount: t.field({
      type: 'BigInt',
      nullable: true,
      description: `Parameters of its routers: sum over layers l = 2..L of l * (kv heads)^2, if they read all layers; ${OF_LIME}`,
      resolve: ({ routerParameterCount }) => routerParameterCount ?? null,
    }),
    forwardFlops: t.exposeFloat('forwardFlops', {
      nullable: true,
      description: `FLOPs of one forward pass over contextLength tokens, one for each multiply-add; training is three times that; ${OF_LIME}`,
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
    unit: t.exposeString('unit', {
      description:
        'percent, nats, perplexity or ratio; of steering also points, cosine, and finding for one in words.',
    }),
    base: t.exposeFloat('base', {
      nullable: true,
      description: 'Of the plain transformer; null where it has none.',
    }),
    lime: t.exposeFloat('lime', { nullable: true, description: 'Of LIMe; null where it has none.' }),
    value: t.exposeFloat('value', {
      nullable: true,
      description:
        'Of steering vectors; null of a finding in words and of a study of LIMe, which has base and lime.',
    }),
    text: t.string({
      description: 'The finding in words; empty in a study of LIMe.',
      resolve: ({ text }) => text ?? '',
    }),
    source: t.exposeString('source', { description: 'Table or section it is from.' }),
  }),
});
