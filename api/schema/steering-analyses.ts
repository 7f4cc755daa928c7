/** Analyses of a set of steering vectors that read vectors, probabilities and hidden states. */
import { builder } from '../builder.ts';
import type { AnalysisRow } from '../loaders/steering.ts';
import type { ForcedPrefix, LayerPersistence, Lens, LogitLens, ShiftAtPosition } from '../steering-record.ts';
import { analysis, member, SteeringAnalysisRef } from './steering-analysis.ts';
import { SteeringVectorRef } from './steering.ts';
import { MeanRef, QuartilesRef, ShareRef, TokenEndsRef } from './steering-values.ts';

const LensRef = builder.objectRef<Lens>('SteeringLens');
const LayerLensRef = builder.objectRef<LogitLens['layers'][number]>('SteeringLayerLens');
const ShiftRef = builder.objectRef<ShiftAtPosition>('SteeringPositionShift');
const PrefixRef = builder.objectRef<ForcedPrefix>('SteeringForcedPrefix');
const LayerPersistenceRef = builder.objectRef<LayerPersistence>('SteeringLayerPersistence');

/** Matrix of a cosine for each two layers. */
const MATRIX_COST = 20;

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
