/** What vectors, analyses and studies of steering are all made of: shares, means, tokens, points, how they were made. */
import { builder } from '../builder.ts';
import { parseFirst, TOKEN_ENDS } from '../limits.ts';
import type {
  Estimate,
  Quartiles,
  SteeringFigure,
  SteeringProvenance,
  TestScore,
  TokenEnds,
  TokenValue,
  TrainingPoint,
} from '../steering-record.ts';

export const ShareRef = builder.objectRef<Estimate>('Share');
export const MeanRef = builder.objectRef<Estimate>('Mean');
export const QuartilesRef = builder.objectRef<Quartiles>('Quartiles');
export const TokenValueRef = builder.objectRef<TokenValue>('TokenValue');
export const TokenEndsRef = builder.objectRef<TokenEnds>('TokenEnds');
export const TestScoreRef = builder.objectRef<TestScore>('SteeringScore');
export const TrainingPointRef = builder.objectRef<TrainingPoint>('SteeringPoint');
export const SteeringProvenanceRef = builder.objectRef<SteeringProvenance>('SteeringProvenance');
export const SteeringFigureRef = builder.objectRef<SteeringFigure>('SteeringFigure');
const ProblemsRef = builder.objectRef<SteeringProvenance['problems']>('SteeringProblems');
const SettingRef = builder.objectRef<{ readonly name: string; readonly value: number | string | boolean }>(
  'SteeringSetting',
);

export const SteeringAdapter = builder.enumType('SteeringAdapter', {
  description: 'How a model is changed.',
  values: {
    VECTORS: { value: 'vectors', description: 'A free vector for each layer, added at every position.' },
    RANK: { value: 'rank', description: 'The vectors of the layers are a product A B of rank r.' },
    ADAPTIVE: {
      value: 'adaptive',
      description:
        "A fixed direction B, scaled by a linear read-out A h of each token: rank-1 LoRA on the MLP's output projection.",
    },
    LORA: { value: 'lora', description: "LoRA on the MLP's output projection; a baseline of studies." },
    FULL: { value: 'full', description: 'Every weight is trained; a baseline of studies.' },
    RANDOM: { value: 'random', description: 'Random vectors of given norms, not trained; a control.' },
  } as const,
});

export const SteeringReward = builder.enumType('SteeringReward', {
  description: 'What a response is rewarded for.',
  values: {
    EXACT: { value: 'exact', description: '1 where the boxed answer is right, else 0.' },
    RANDOM: { value: 'random', description: '0 or 1 by a coin, whatever was written; a control.' },
  } as const,
});

export const SteeringSegment = builder.enumType('SteeringSegment', {
  description: 'Which part of a prompt a token belongs to.',
  values: {
    SYSTEM: { value: 'system', description: 'The system message.' },
    ROLE: { value: 'role', description: 'Marks of the chat template: who speaks, where a message ends.' },
    QUESTION: { value: 'question', description: "The user's message." },
    ASSISTANT: { value: 'assistant', description: 'The response.' },
  } as const,
});

ShareRef.implement({
  description: 'A share of n trials with its 95 % Wilson interval.',
  fields: (t) => ({
    value: t.exposeFloat('value', { description: 'successes / n, 0 to 1.' }),
    low: t.exposeFloat('low', { description: 'Lower end of the interval.' }),
    high: t.exposeFloat('high', { description: 'Upper end of the interval.' }),
    n: t.exposeInt('n', { description: 'Trials.' }),
  }),
});

MeanRef.implement({
  description: 'A mean over n values with its 95 % bootstrap interval.',
  fields: (t) => ({
    value: t.exposeFloat('value', { description: 'The mean.' }),
    low: t.exposeFloat('low', { description: 'Lower end of the interval.' }),
    high: t.exposeFloat('high', { description: 'Upper end of the interval.' }),
    n: t.exposeInt('n', { description: 'Values it is the mean of.' }),
  }),
});

QuartilesRef.implement({
  description: 'Of n values: what a box plot draws.',
  fields: (t) => ({
    min: t.exposeFloat('min', { description: 'The smallest.' }),
    lower: t.exposeFloat('lower', { description: 'The lower quartile.' }),
    median: t.exposeFloat('median', { description: 'The median.' }),
    upper: t.exposeFloat('upper', { description: 'The upper quartile.' }),
    max: t.exposeFloat('max', { description: 'The largest.' }),
    mean: t.exposeFloat('mean', { description: 'The mean.' }),
    n: t.exposeInt('n', { description: 'How many values.' }),
  }),
});

TokenValueRef.implement({
  description: 'A token with a number.',
  fields: (t) => ({
    token: t.exposeInt('token', { description: 'Its index in the vocabulary.' }),
    text: t.exposeString('text', { description: 'Its text.' }),
    value: t.exposeFloat('value', { description: 'The number; the field above says which.' }),
  }),
});

TokenEndsRef.implement({
  description: 'The tokens at both ends of an order by a number.',
  fields: (t) => {
    const first = t.arg.int({
      defaultValue: TOKEN_ENDS.usual,
      description: `At most so many, up to ${TOKEN_ENDS.most}.`,
    });
    return {
      top: t.field({
        type: [TokenValueRef],
        description: 'The largest, largest first.',
        args: { first },
        resolve: ({ top }, args) => top.slice(0, parseFirst(args.first, TOKEN_ENDS, 'top')),
      }),
      bottom: t.field({
        type: [TokenValueRef],
        description: 'The smallest, smallest first.',
        args: { first },
        resolve: ({ bottom }, args) => bottom.slice(0, parseFirst(args.first, TOKEN_ENDS, 'bottom')),
      }),
    };
  },
});

TestScoreRef.implement({
  description: 'Accuracy on a held-out set of problems.',
  fields: (t) => ({
    testSet: t.exposeString('testSet', { description: 'easy, medium, hard, all, ...' }),
    accuracy: t.field({
      type: ShareRef,
      description: 'Share of responses whose boxed answer is right: pass@1, sampled at temperature 1.',
      resolve: ({ accuracy }) => accuracy,
    }),
    samples: t.exposeInt('samples', { description: 'Responses to each problem.' }),
  }),
});

TrainingPointRef.implement({
  description: 'A point of a training by reinforcement learning.',
  fields: (t) => ({
    step: t.exposeInt('step', { description: 'Steps of the optimiser until here.' }),
    tokens: t.field({
      type: 'BigInt',
      description: 'Tokens generated until here.',
      resolve: ({ tokens }) => tokens,
    }),
    reward: t.exposeFloat('reward', { description: 'Mean reward of the responses, 0 to 1.' }),
    accuracy: t.exposeFloat('accuracy', { description: 'Share of right answers, whatever the reward.' }),
    entropyNats: t.exposeFloat('entropyNats', {
      description: 'Mean entropy of the next token, H = -sum p log p, over generated tokens, nats.',
    }),
    responseLength: t.exposeFloat('responseLength', { description: 'Mean length of a response, tokens.' }),
    cutShare: t.exposeFloat('cutShare', {
      description: 'Share of responses that never wrote a stop token, 0 to 1.',
    }),
    gradientNorm: t.exposeFloat('gradientNorm', {
      description: 'Euclidean norm of the gradient before clipping.',
    }),
    norms: t.exposeFloatList('norms', {
      description:
        'Norm of the vector of each trained layer, in their order; none where weights are trained.',
    }),
  }),
});

SteeringProvenanceRef.implement({
  description: 'Everything needed to make it again.',
  fields: (t) => ({
    command: t.exposeString('command', { description: 'The command line.' }),
    codeCommit: t.exposeString('codeCommit', { description: 'Commit of the code.' }),
    backend: t.exposeString('backend', { description: 'Tensor backend.' }),
    device: t.exposeString('device', { description: 'The machine.' }),
    threads: t.exposeInt('threads', { description: 'Threads it used.' }),
    settings: t.field({
      type: [SettingRef],
      description: 'Prompts per step, generations per prompt, steps, rate, temperature, ...',
      resolve: ({ settings }) => Object.entries(settings).map(([name, value]) => ({ name, value })),
    }),
    problems: t.field({
      type: ProblemsRef,
      description: 'The problems it was given.',
      resolve: ({ problems }) => problems,
    }),
    seconds: t.exposeFloat('seconds', { description: 'Wall clock, s.' }),
    notes: t.exposeStringList('notes', {
      description: "Where it differs from the paper's set-up, a sentence each.",
    }),
  }),
});

SettingRef.implement({
  description: 'A setting of a training or an analysis.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, with its unit where it has one.' }),
    value: t.string({ description: 'Its value, written out.', resolve: ({ value }) => String(value) }),
    number: t.float({
      nullable: true,
      description: 'Its value; null where it is not a number.',
      resolve: ({ value }) => (typeof value === 'number' ? value : null),
    }),
  }),
});

ProblemsRef.implement({
  description: 'A set of problems with answers that can be checked.',
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Its name.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of its text, hex.' }),
    count: t.exposeInt('count', { description: 'Problems in it.' }),
  }),
});

SteeringFigureRef.implement({
  description: "A paper's own figure or finding, beside which ours stand.",
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is of.' }),
    unit: t.exposeString('unit', { description: 'percent, points, ratio, cosine, nats or finding.' }),
    value: t.exposeFloat('value', { nullable: true, description: 'The figure; null of a finding in words.' }),
    text: t.exposeString('text', { description: 'The finding in words.' }),
    source: t.exposeString('source', { description: 'Section, table or figure it is from.' }),
  }),
});
