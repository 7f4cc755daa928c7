/** Passages: the same text as a base sees it and as the boost sees it. */
import { builder } from '../builder.ts';
import { encodeGlobalId } from '../global-id.ts';
import { parseFirst, PASSAGE_ACTS, PASSAGE_LIST } from '../limits.ts';
import { tokenActs } from '../loaders/passage.ts';
import type { PassageAct, PassageRow } from '../loaders/passage.ts';
import { DictionaryNode } from './dictionary.ts';
import { FeatureRef } from './feature.ts';
import { CorpusNode } from './model.ts';

interface PassageToken {
  readonly text: string;
  readonly bytes: string;
  readonly index: number;
  readonly position: number;
  readonly passage: PassageRow;
}

const PassageRef = builder.objectRef<PassageRow>('Passage');
const PassageTokenRef = builder.objectRef<PassageToken>('PassageToken');
const PassageActRef = builder.objectRef<PassageAct>('PassageAct');

const UNMEASURED = 'null where it was not measured.';

/** GraphQL has no NaN, which stands for what is not there, such as the loss of a token that the window lacks. */
const measured = (value: number | undefined) => (Number.isFinite(value) ? value : null);

builder.prismaObjectField(DictionaryNode, 'passages', (t) =>
  t.field({
    type: [PassageRef],
    description:
      'Windows of text as its base and it see them, those where it takes away the greatest share of the error first. A dictionary that boosts nothing has none.',
    args: {
      first: t.arg.int({
        defaultValue: PASSAGE_LIST.usual,
        description: `At most so many, up to ${PASSAGE_LIST.most}.`,
      }),
      corpus: t.arg.string({ description: 'Slug of the only corpus they are from.' }),
    },
    resolve: ({ id }, { first, corpus }, { loaders }) =>
      loaders.passages.load([id, corpus ?? null, parseFirst(first, PASSAGE_LIST, 'passages')]),
  }),
);

PassageRef.implement({
  description: 'A window of text as a base and a boost see it, token by token.',
  fields: (t) => ({
    id: t.id({
      description: 'Of this window for this boost.',
      resolve: ({ dictionaryId, windowId }) => encodeGlobalId('Passage', `${dictionaryId}-${windowId}`),
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
    rank: t.exposeInt('rank', {
      description: '0 is where the boost takes away the greatest share of the error.',
    }),
    tokens: t.field({
      type: [PassageTokenRef],
      description: 'The tokens of the window in order.',
      resolve: async (passage, _args, { vocabularies }) => {
        const vocabulary = await vocabularies.load(passage.modelId, passage.modelSha256);
        return passage.tokens.map((index, position) => ({
          ...vocabulary.token(index),
          index,
          position,
          passage,
        }));
      },
    }),
  }),
});

const FIRST = `At most so many, up to ${PASSAGE_ACTS.most}.`;
const firstArg = { defaultValue: PASSAGE_ACTS.usual, description: FIRST };

PassageTokenRef.implement({
  description: 'A token of a passage. x is its hidden, x̂ a reconstruction of it.',
  fields: (t) => ({
    text: t.exposeString('text', {
      description: 'Its text; a fragment of a character shows as U+FFFD, bytes has it whole.',
    }),
    bytes: t.exposeString('bytes', {
      description: 'Its raw bytes, hex: fragments of a character can be joined by them.',
    }),
    index: t.exposeInt('index', { description: '0-based place in the vocabulary.' }),
    base: t.field({
      type: [PassageActRef],
      description: 'Acts of the base, strongest first; none where the base is not published.',
      args: { first: t.arg.int(firstArg) },
      resolve: ({ passage, position }, { first }) => {
        const count = parseFirst(first, PASSAGE_ACTS, 'base');
        const { baseDictionaryId, baseIndices, baseActs, baseWidth } = passage;
        if (baseDictionaryId === null) return [];
        return tokenActs(baseDictionaryId, [baseIndices, baseActs, baseWidth], position).slice(0, count);
      },
    }),
    boost: t.field({
      type: [PassageActRef],
      description: 'Acts of the boost, strongest first.',
      args: { first: t.arg.int(firstArg) },
      resolve: ({ passage, position }, { first }) => {
        const count = parseFirst(first, PASSAGE_ACTS, 'boost');
        const { dictionaryId, boostIndices, boostActs, boostWidth } = passage;
        return tokenActs(dictionaryId, [boostIndices, boostActs, boostWidth], position).slice(0, count);
      },
    }),
    baseError: t.float({
      nullable: true,
      description: `|x - x̂|^2 / mean |x - mean x|^2 of the corpus, x̂ of the base alone. 0 is perfect. ${UNMEASURED}`,
      resolve: ({ passage, position }) => measured(passage.baseErrors[position]),
    }),
    boostedError: t.float({
      nullable: true,
      description: `The same with x̂ of base and boost together. ${UNMEASURED}`,
      resolve: ({ passage, position }) => measured(passage.boostedErrors[position]),
    }),
    ceOriginal: t.float({
      nullable: true,
      description: `Cross-entropy of the token after it, of the model untouched, nats. ${UNMEASURED}`,
      resolve: ({ passage, position }) => measured(passage.ceOriginal[position]),
    }),
    ceBase: t.float({
      nullable: true,
      description: `The same with x̂ of the base alone in the place of x, nats. ${UNMEASURED}`,
      resolve: ({ passage, position }) => measured(passage.ceBase[position]),
    }),
    ceBoosted: t.float({
      nullable: true,
      description: `The same with x̂ of base and boost together in the place of x, nats. ${UNMEASURED}`,
      resolve: ({ passage, position }) => measured(passage.ceBoosted[position]),
    }),
  }),
});

PassageActRef.implement({
  description: 'An act of a token.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: '0-based row of the dictionary that acts.' }),
    act: t.exposeFloat('act', { description: 'Its strength.' }),
    feature: t.field({
      type: FeatureRef,
      description: 'The feature that acts; `index` alone comes quicker.',
      resolve: async ({ dictionaryId, index }, _args, { loaders }) =>
        (await loaders.feature.load([dictionaryId, index]))!,
    }),
  }),
});
