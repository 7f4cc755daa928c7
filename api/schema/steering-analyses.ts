/** Analyses of a set of steering vectors: what all have in common, and those that read vectors, text and hidden states. */
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import type { AnalysisRow, VectorRow } from '../loaders/steering.ts';
import type {
  AnalysisKind,
  AnalysisResults,
  ForcedPrefix,
  LayerPersistence,
  Lens,
  LogitLens,
  ShiftAtPosition,
} from '../steering-record.ts';
import { RunNode } from './run.ts';
import { SteeringVectorRef } from './steering.ts';
import {
  MeanRef,
  QuartilesRef,
  ShareRef,
  SteeringFigureRef,
  SteeringProvenanceRef,
  TokenEndsRef,
} from './steering-values.ts';

export const SteeringAnalysisRef = builder.interfaceRef<AnalysisRow>('SteeringAnalysis');
const LensRef = builder.objectRef<Lens>('SteeringLens');
const LayerLensRef = builder.objectRef<LogitLens['layers'][number]>('SteeringLayerLens');
const ShiftRef = builder.objectRef<ShiftAtPosition>('SteeringPositionShift');
const PrefixRef = builder.objectRef<ForcedPrefix>('SteeringForcedPrefix');
const LayerPersistenceRef = builder.objectRef<LayerPersistence>('SteeringLayerPersistence');

/** Matrix of a cosine for each two layers. */
const MATRIX_COST = 20;

const TYPES: Readonly<Record<AnalysisKind, string>> = {
  'logit-lens': 'SteeringLogitLens',
  cosines: 'SteeringCosines',
  'token-shift': 'SteeringTokenShift',
  prefix: 'SteeringPrefixTest',
  persistence: 'SteeringPersistence',
  patching: 'SteeringPatching',
  'token-scaling': 'SteeringTokenScaling',
  features: 'SteeringFeatures',
  generations: 'SteeringGenerations',
};

const AnalysisKindEnum = builder.enumType('SteeringAnalysisKind', {
  description: 'What can be asked of a set of vectors.',
  values: {
    LOGIT_LENS: { value: 'logit-lens', description: 'Which tokens each vector points at.' },
    COSINES: { value: 'cosines', description: 'How alike the vectors of two layers are.' },
    TOKEN_SHIFT: { value: 'token-shift', description: 'Where in a response probabilities change.' },
    PREFIX: { value: 'prefix', description: 'How much of the gain a forced first token recovers.' },
    PERSISTENCE: { value: 'persistence', description: 'How far its effect keeps to a direction.' },
    PATCHING: {
      value: 'patching',
      description: 'Through which part of the last layer the vector before it acts.',
    },
    TOKEN_SCALING: {
      value: 'token-scaling',
      description: 'At which tokens an adaptive vector is scaled up.',
    },
    FEATURES: {
      value: 'features',
      description: 'Which dictionary features tell right answers from wrong ones.',
    },
    GENERATIONS: { value: 'generations', description: 'Responses without and with the vectors.' },
  } as const,
});

SteeringAnalysisRef.implement({
  description: 'What was found out about a set of vectors.',
  resolveType: ({ kind }) => TYPES[kind],
  fields: (t) => ({
    kind: t.expose('kind', { type: AnalysisKindEnum, description: 'What was asked.' }),
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
      type: SteeringProvenanceRef,
      description: 'Everything needed to make it again.',
      resolve: ({ provenance }) => provenance,
    }),
    paper: t.field({
      type: [SteeringFigureRef],
      description: "The paper's own figures and findings of the same.",
      resolve: ({ paper }) => paper,
    }),
  }),
});

/** A member of the record of an analysis, which is read once for all that is asked of it. */
export function member<Kind extends AnalysisKind, Member>(
  kind: Kind,
  pick: (record: AnalysisResults[Kind]) => Member,
) {
  return async ({ vectorId }: AnalysisRow, _args: object, { loaders }: Context): Promise<Member> =>
    pick((await loaders.analysisResults.load([vectorId, kind]))!.record as AnalysisResults[Kind]);
}

/** The analysis of this kind, where there is one. */
export function analysis(kind: AnalysisKind) {
  return async ({ id }: VectorRow, _args: object, { loaders }: Context): Promise<AnalysisRow | null> =>
    (await loaders.vectorAnalyses.load([id])).find((row) => row.kind === kind) ?? null;
}

LensRef.implement({
  description: 'A vector v against the rows u of the unembedding, the gain of the final norm folded in.',
  fields: (t) => ({
    dot: t.field({ type: TokenEndsRef, description: 'By u · v.', resolve: ({ dot }) => dot }),
    cosine: t.field({
      type: TokenEndsRef,
      description: 'By u · v / (|u| |v|), -1 to 1.',
      resolve: ({ cosine }) => cosine,
    }),
  }),
});

LayerLensRef.implement({
  description: 'The logit lens of one vector: v against the rows u of the unembedding.',
  fields: (t) => ({
    layer: t.exposeInt('layer', { description: 'The layer, from 0.' }),
    dot: t.field({ type: TokenEndsRef, description: 'By u · v.', resolve: ({ dot }) => dot }),
    cosine: t.field({
      type: TokenEndsRef,
      description: 'By u · v / (|u| |v|), -1 to 1.',
      resolve: ({ cosine }) => cosine,
    }),
  }),
});

const LogitLensRef = builder.objectRef<AnalysisRow>('SteeringLogitLens').implement({
  description: 'Which tokens each vector points at.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    layers: t.field({
      type: [LayerLensRef],
      description: 'Layer by layer.',
      resolve: member('logit-lens', ({ layers }) => layers),
    }),
    finalDifference: t.field({
      type: LensRef,
      description:
        'The same of the mean difference behind the last layer, steered less unsteered, over generated tokens.',
      resolve: member('logit-lens', ({ finalDifference }) => finalDifference),
    }),
  }),
});

const CosinesRef = builder.objectRef<AnalysisRow>('SteeringCosines').implement({
  description: 'Cosines between the vectors of any two layers.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    layers: t.intList({
      description: 'The layers, from 0, in the order of rows and columns.',
      resolve: member('cosines', ({ layers }) => [...layers]),
    }),
    matrix: t.field({
      type: t.listRef(['Float']),
      description: 'v_i · v_j / (|v_i| |v_j|), -1 to 1.',
      complexity: MATRIX_COST,
      resolve: member('cosines', ({ matrix }) => matrix.map((row) => [...row])),
    }),
  }),
});

ShiftRef.implement({
  description: 'What changes at one position of the responses.',
  fields: (t) => ({
    position: t.exposeInt('position', { description: 'Generated tokens before it.' }),
    shift: t.field({
      type: QuartilesRef,
      description: 'Δp = p(token | steered) - p(token | base) of the tokens written, -1 to 1.',
      resolve: ({ shift }) => shift,
    }),
    baseEntropyNats: t.exposeFloat('baseEntropyNats', {
      description: 'Mean entropy of the untouched model, nats.',
    }),
    steeredEntropyNats: t.exposeFloat('steeredEntropyNats', {
      description: 'Mean entropy of the steered model, nats.',
    }),
    klNats: t.exposeFloat('klNats', { description: 'Mean KL(steered || base), nats.' }),
  }),
});

const TokenShiftRef = builder.objectRef<AnalysisRow>('SteeringTokenShift').implement({
  description:
    'Where in a response probabilities change: both models read what the steered model wrote. Δp = p(token | steered) - p(token | base).',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    samples: t.int({
      description: 'Responses read.',
      resolve: member('token-shift', ({ samples }) => samples),
    }),
    positions: t.field({
      type: [ShiftRef],
      description: 'By position.',
      resolve: member('token-shift', ({ positions }) => positions),
    }),
    first: t.field({
      type: QuartilesRef,
      description: 'Δp at the first generated token.',
      resolve: member('token-shift', ({ first }) => first),
    }),
    rest: t.field({
      type: QuartilesRef,
      description: 'Δp at all other tokens.',
      resolve: member('token-shift', ({ rest }) => rest),
    }),
    firstTokens: t.field({
      type: TokenEndsRef,
      description: 'Change of the probability to come first, mean over prompts.',
      resolve: member('token-shift', ({ firstTokens }) => firstTokens),
    }),
  }),
});

PrefixRef.implement({
  description: 'The untouched model made to begin its response with these tokens.',
  fields: (t) => ({
    tokens: t.exposeIntList('tokens', { description: 'The tokens, by index.', complexity: 1 }),
    text: t.exposeString('text', { description: 'Their text.' }),
    baseProbability: t.exposeFloat('baseProbability', {
      description: 'Mean probability that the untouched model begins so.',
    }),
    steeredProbability: t.exposeFloat('steeredProbability', {
      description: 'Mean probability that the steered model begins so.',
    }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy of the untouched model then.',
      resolve: ({ accuracy }) => accuracy,
    }),
    recovered: t.exposeFloat('recovered', {
      nullable: true,
      description: '(accuracy - base) / (steered - base); null where the vectors gain nothing.',
    }),
  }),
});

const PrefixTestRef = builder.objectRef<AnalysisRow>('SteeringPrefixTest').implement({
  description: 'How much of the gain a forced first token recovers.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    base: t.field({
      type: ShareRef,
      description: 'Accuracy of the untouched model.',
      resolve: member('prefix', ({ base }) => base),
    }),
    steered: t.field({
      type: ShareRef,
      description: 'Accuracy with the vectors.',
      resolve: member('prefix', ({ steered }) => steered),
    }),
    prefixes: t.field({
      type: [PrefixRef],
      description: 'The beginnings that were forced.',
      resolve: member('prefix', ({ prefixes }) => prefixes),
    }),
  }),
});

LayerPersistenceRef.implement({
  description: 'diff(t) = steered less unsteered hidden state behind one layer at token t of the same text.',
  fields: (t) => ({
    layer: t.exposeInt('layer', { description: 'The layer, from 0.' }),
    diffDiff: t.field({
      type: MeanRef,
      description: 'Mean cosine of diff(t) with its mean over t, -1 to 1.',
      resolve: ({ diffDiff }) => diffDiff,
    }),
    diffVector: t.field({
      type: MeanRef,
      nullable: true,
      description:
        'Mean cosine of diff(t) with the vector added last, at this layer or below; null above none.',
      resolve: ({ diffVector }) => diffVector,
    }),
    norm: t.exposeFloat('norm', { description: 'Mean norm of diff(t).' }),
  }),
});

const PersistenceRef = builder.objectRef<AnalysisRow>('SteeringPersistence').implement({
  description: 'How far the effect of the vectors keeps to one direction, layer by layer.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    samples: t.int({
      description: 'Responses read.',
      resolve: member('persistence', ({ samples }) => samples),
    }),
    layers: t.field({
      type: [LayerPersistenceRef],
      description: 'Layer by layer.',
      resolve: member('persistence', ({ layers }) => layers),
    }),
  }),
});

builder.objectFields(SteeringVectorRef, (t) => ({
  analyses: t.field({
    type: [SteeringAnalysisRef],
    description: 'Every analysis of it there is.',
    resolve: ({ id }, _args, { loaders }) => loaders.vectorAnalyses.load([id]),
  }),
  logitLens: t.field({
    type: LogitLensRef,
    nullable: true,
    description: 'Which tokens each vector points at; null where nobody asked.',
    resolve: analysis('logit-lens'),
  }),
  cosines: t.field({
    type: CosinesRef,
    nullable: true,
    description: 'How alike the vectors of two layers are; null where nobody asked.',
    resolve: analysis('cosines'),
  }),
  tokenShift: t.field({
    type: TokenShiftRef,
    nullable: true,
    description: 'Where in a response probabilities change; null where nobody asked.',
    resolve: analysis('token-shift'),
  }),
  prefixTest: t.field({
    type: PrefixTestRef,
    nullable: true,
    description: 'How much of the gain a forced first token recovers; null where nobody asked.',
    resolve: analysis('prefix'),
  }),
  persistence: t.field({
    type: PersistenceRef,
    nullable: true,
    description: 'How far its effect keeps to a direction; null where nobody asked.',
    resolve: analysis('persistence'),
  }),
}));
