/** Analyses of steering vectors that look inside layers, prompts and responses: patching, scaling, texts. */
import { builder } from '../builder.ts';
import type { AnalysisRow } from '../loaders/steering.ts';
import type {
  GeneratedProblem,
  Generation,
  PatchMode,
  ScaledText,
  ScaledToken,
  SegmentScale,
} from '../steering-record.ts';
import { analysis, member, SteeringAnalysisRef } from './steering-analysis.ts';
import { SteeringVectorRef } from './steering.ts';
import { MeanRef, QuartilesRef, ShareRef, SteeringSegment } from './steering-values.ts';

const PatchModeRef = builder.objectRef<PatchMode>('SteeringPatchMode');
const SegmentScaleRef = builder.objectRef<SegmentScale>('SteeringSegmentScale');
const ScaledTokenRef = builder.objectRef<ScaledToken>('SteeringScaledToken');
const ScaledTextRef = builder.objectRef<ScaledText>('SteeringScaledText');
const ProblemRef = builder.objectRef<GeneratedProblem>('SteeringProblem');
const PromptPartRef = builder.objectRef<GeneratedProblem['segments'][number]>('SteeringPromptPart');
const GenerationRef = builder.objectRef<Generation>('SteeringGeneration');

PatchModeRef.implement({
  description: 'The vector let through the last layer by one part alone, or by all parts but one.',
  fields: (t) => ({
    mode: t.exposeString('mode', {
      description:
        'base, steered, skip-attention, skip-layer, q, k, v: only that projection sees the vector; not-q, not-k, not-v: all but that one do; head-N, not-head-N.',
    }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Accuracy then.',
      resolve: ({ accuracy }) => accuracy,
    }),
    klNats: t.field({
      type: MeanRef,
      description: 'KL(steered || mode), nats per generated token of steered text.',
      resolve: ({ klNats }) => klNats,
    }),
    explained: t.exposeFloat('explained', {
      nullable: true,
      description:
        '1 - KL / KL of base: 1 does all that the vector does, 0 nothing; null where KL of base is 0.',
    }),
  }),
});

const PatchingRef = builder.objectRef<AnalysisRow>('SteeringPatching').implement({
  description: 'Through which part of the last layer the vector of the layer before it acts.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    layer: t.int({
      description: 'Layer of the vector, from 0.',
      resolve: member('patching', ({ layer }) => layer),
    }),
    problems: t.int({
      description: 'Problems answered.',
      resolve: member('patching', ({ problems }) => problems),
    }),
    modes: t.field({
      type: [PatchModeRef],
      description: 'Part by part.',
      resolve: member('patching', ({ modes }) => modes),
    }),
  }),
});

SegmentScaleRef.implement({
  description: 'The scales of an adaptive vector at the tokens of one segment.',
  fields: (t) => ({
    segment: t.expose('segment', { type: SteeringSegment, description: 'The segment.' }),
    scale: t.field({
      type: QuartilesRef,
      description: '(A h) |B| / mean |hidden|, with its sign.',
      resolve: ({ scale }) => scale,
    }),
    size: t.field({
      type: MeanRef,
      description: 'The same without its sign.',
      resolve: ({ size }) => size,
    }),
  }),
});

ScaledTokenRef.implement({
  description: 'A token with the scale that an adaptive vector has there.',
  fields: (t) => ({
    token: t.exposeInt('token', { description: 'Its index in the vocabulary.' }),
    text: t.exposeString('text', { description: 'Its text.' }),
    segment: t.expose('segment', { type: SteeringSegment, description: 'Where it stands.' }),
    scale: t.exposeFloat('scale', { description: '(A h) |B| / mean |hidden|, with its sign.' }),
  }),
});

ScaledTextRef.implement({
  description: 'A prompt with its response.',
  fields: (t) => ({
    tokens: t.field({
      type: [ScaledTokenRef],
      description: 'Token by token.',
      resolve: ({ tokens }) => tokens,
    }),
  }),
});

const TokenScalingRef = builder.objectRef<AnalysisRow>('SteeringTokenScaling').implement({
  description:
    'At which tokens an adaptive vector is scaled up: (A h) |B| over the mean norm of hidden states.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    layer: t.int({
      description: 'Layer of the vector, from 0.',
      resolve: member('token-scaling', ({ layer }) => layer),
    }),
    segments: t.field({
      type: [SegmentScaleRef],
      description: 'By segment.',
      resolve: member('token-scaling', ({ segments }) => segments),
    }),
    samples: t.field({
      type: [ScaledTextRef],
      description: 'Some prompts with their responses.',
      resolve: member('token-scaling', ({ samples }) => samples),
    }),
  }),
});

const EndedEnum = builder.enumType('SteeringEnd', {
  description: 'How a response ended.',
  values: {
    END: { value: 'end', description: 'It wrote the end of the text.' },
    STOP: { value: 'stop', description: 'It wrote a stop token.' },
    LENGTH: { value: 'length', description: 'It was cut.' },
  } as const,
});

GenerationRef.implement({
  description: 'A response.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Its text.' }),
    isCorrect: t.exposeBoolean('isCorrect', { description: 'Its boxed answer is right.' }),
    ended: t.expose('ended', { type: EndedEnum, description: 'How it ended.' }),
  }),
});

PromptPartRef.implement({
  description: 'A stretch of a prompt.',
  fields: (t) => ({
    segment: t.expose('segment', { type: SteeringSegment, description: 'What it is.' }),
    text: t.exposeString('text', { description: 'Its text.' }),
  }),
});

ProblemRef.implement({
  description: 'A problem with a response of the untouched and one of the steered model.',
  fields: (t) => ({
    segments: t.field({
      type: [PromptPartRef],
      description: 'The prompt as the model reads it.',
      resolve: ({ segments }) => segments,
    }),
    question: t.exposeString('question', { description: 'The question.' }),
    answer: t.exposeString('answer', { description: 'The right answer.' }),
    testSet: t.exposeString('testSet', { description: 'easy, medium, hard, ...' }),
    base: t.field({
      type: GenerationRef,
      description: 'The untouched model answers.',
      resolve: ({ base }) => base,
    }),
    steered: t.field({
      type: GenerationRef,
      description: 'The steered model answers.',
      resolve: ({ steered }) => steered,
    }),
  }),
});

const GenerationsRef = builder.objectRef<AnalysisRow>('SteeringGenerations').implement({
  description: 'Responses without and with the vectors, side by side.',
  interfaces: [SteeringAnalysisRef],
  fields: (t) => ({
    problems: t.field({
      type: [ProblemRef],
      description: 'Problem by problem.',
      resolve: member('generations', ({ problems }) => problems),
    }),
  }),
});

builder.objectFields(SteeringVectorRef, (t) => ({
  patching: t.field({
    type: PatchingRef,
    nullable: true,
    description: 'Through which part of the last layer it acts; null where nobody asked.',
    resolve: analysis('patching'),
  }),
  tokenScaling: t.field({
    type: TokenScalingRef,
    nullable: true,
    description: 'At which tokens it is scaled up; null of vectors that are not adaptive, or nobody asked.',
    resolve: analysis('token-scaling'),
  }),
  generations: t.field({
    type: GenerationsRef,
    nullable: true,
    description: 'Responses without and with the vectors; null where nobody asked.',
    resolve: analysis('generations'),
  }),
}));
