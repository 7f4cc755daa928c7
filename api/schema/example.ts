/** Examples: windows of text where a feature acts, as they are at one budget. */
import { builder } from '../builder.ts';
import { encodeGlobalId, featureKey } from '../global-id.ts';
import { FEATURE_LIST, parseFirst } from '../limits.ts';
import { strongestAct, visibleActs } from '../loaders/example.ts';
import type { ExampleRow } from '../loaders/example.ts';
import { BUDGET, FeatureRef, parseBudget } from './feature.ts';
import { CorpusNode } from './model.ts';

interface ExampleToken {
  readonly text: string;
  readonly act: number;
  readonly rank: number | null;
  readonly bytes: string;
  readonly index: number;
}

const ExampleRef = builder.objectRef<ExampleRow>('Example');
const ExampleTokenRef = builder.objectRef<ExampleToken>('ExampleToken');

builder.objectField(FeatureRef, 'examples', (t) =>
  t.field({
    type: [ExampleRef],
    description:
      'Windows where it acts at this budget, by their strongest act at it, strongest first. Those where it is silent at this budget are left out.',
    args: {
      budget: t.arg.int({ description: BUDGET }),
      interval: t.arg.int({
        description:
          'Only windows whose strongest act lies in this interval (Feature.intervals); without it the strongest of all.',
      }),
      first: t.arg.int({
        defaultValue: FEATURE_LIST.usual,
        description: `At most so many, up to ${FEATURE_LIST.most}.`,
      }),
    },
    resolve: ({ dictionaryId, index, maxBudget }, { budget, interval, first }, { loaders }) =>
      loaders.examples.load([
        dictionaryId,
        index,
        parseBudget(budget, maxBudget),
        interval ?? null,
        parseFirst(first, FEATURE_LIST, 'examples'),
      ]),
  }),
);

ExampleRef.implement({
  description:
    'A window of text where a feature acts, as it is at one budget: only acts that are there at it show.',
  fields: (t) => ({
    id: t.id({
      description:
        'Of this window for this feature at this budget: what another budget shows has another id.',
      resolve: ({ dictionaryId, featureIndex, windowId, budget }) =>
        encodeGlobalId(
          'Example',
          `${featureKey({ dictionaryId, index: featureIndex })}-${windowId}-${budget}`,
        ),
    }),
    corpus: t.field({
      type: CorpusNode,
      description: 'The text it is from.',
      resolve: async ({ corpusId }, _args, { loaders }) => (await loaders.corpus.load(corpusId))!,
    }),
    start: t.expose('start', {
      type: 'BigInt',
      description: "Place of its first token in the corpus' token stream, 0-based.",
    }),
    interval: t.exposeInt('interval', {
      description: 'Interval where its strongest act lies; 0 is the weakest.',
    }),
    isTop: t.exposeBoolean('isTop', {
      description:
        'true: among the strongest windows at the largest budget; false: drawn at random from its interval.',
    }),
    maxAct: t.float({
      description: 'Its strongest act at this budget.',
      resolve: (example) => strongestAct(example).act,
    }),
    maxPosition: t.int({
      description: '0-based place in the window of its strongest act at this budget.',
      resolve: (example) => strongestAct(example).position,
    }),
    tokens: t.field({
      type: [ExampleTokenRef],
      description: 'The tokens of the window in order, each with its act.',
      resolve: async (example, _args, { vocabularies }) => {
        const vocabulary = await vocabularies.load(example.modelId, example.modelSha256);
        const acts = visibleActs(example);
        return example.tokens.map((index, position) => {
          const act = acts.get(position);
          return { ...vocabulary.token(index), act: act?.act ?? 0, rank: act?.rank ?? null, index };
        });
      },
    }),
  }),
});

ExampleTokenRef.implement({
  description: 'A token of an example.',
  fields: (t) => ({
    text: t.exposeString('text', {
      description: 'Its text; a fragment of a character shows as U+FFFD, bytes has it whole.',
    }),
    act: t.exposeFloat('act', {
      description: "The feature's strength on it at this budget; 0 where it is silent.",
    }),
    rank: t.exposeInt('rank', {
      nullable: true,
      description:
        'How many features were stronger on this token; the act is there at every budget above. null where it is silent.',
    }),
    bytes: t.exposeString('bytes', {
      description: 'Its raw bytes, hex: fragments of a character can be joined by them.',
    }),
    index: t.exposeInt('index', { description: '0-based place in the vocabulary.' }),
  }),
});
