import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { steeringOf, type AppliedVectors } from '../applied-vectors.ts';
import type { Problem } from '../problem.ts';
import { wilsonShare } from '../statistics/wilson.ts';
import { answerAll, shareCorrect } from './answers.ts';
import { joinSegments, pairGenerations } from './generations.ts';
import { listPatchModes } from './patch-modes.ts';
import { measurePatched } from './patched-answers.ts';
import { recoveredShare, testPrefixes } from './prefix-test.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;

const PROBLEMS: Problem[] = [
  { question: '3 1', answer: '4', testSet: 'easy' },
  { question: '5 9 2', answer: '6', testSet: 'hard' },
];

let model: LanguageModel;
let applied: AppliedVectors;

/** Digits are tokens; even ones belong to the system. */
const chat = {
  stopTokens: [2],
  encode: (question: string) => {
    const tokens = question.split(' ').map(Number);
    return {
      tokens,
      segments: tokens.map((token) => (token % 2 === 0 ? ('system' as const) : ('question' as const))),
    };
  },
};
const ASKING = { chat, samples: 2, maxTokens: 6, temperature: 1, seed: 3 };

beforeAll(async () => {
  await openBackend({ say: () => {} });
  model = await loadModel(join(import.meta.dirname, '../../lm/golden/qwen2'));
  const values_D = new Float32Array(model.config.hiddenWidth).fill(0.5);
  applied = { layers: [{ layer: model.config.layerCount - 2, values_D }], place: 'mlp.out' };
}, LOAD_MS);

describe('answers', () => {
  it('come problem by problem, with their prompts and their judgement', async () => {
    const answers = await answerAll(model, null, PROBLEMS, ASKING);
    expect(answers.map(({ prompt }) => prompt)).toEqual([
      [3, 1],
      [3, 1],
      [5, 9, 2],
      [5, 9, 2],
    ]);
    expect(answers.map(({ problem }) => problem.testSet)).toEqual(['easy', 'easy', 'hard', 'hard']);
    expect(shareCorrect(answers)).toEqual(wilsonShare(0, 4));
    expect(answers.every(({ response }) => response.length <= 6)).toBe(true);
  });

  it('begin as they are told to, within the same length', async () => {
    const answers = await answerAll(model, null, PROBLEMS, ASKING, [7, 8]);
    for (const { response, text, ended } of answers) {
      expect(response.slice(0, 2)).toEqual([7, 8]);
      expect(text.startsWith(model.tokenizer.decode([7, 8]))).toBe(true);
      if (ended === 'length') expect(response).toHaveLength(6);
    }
  });

  it('under a patched layer that sees all, or nothing, are right as often as of the steered and the base model', async () => {
    // Every answer boxes its first token; every second token ends one.
    const decode = (ids: ArrayLike<number>): string => `\\boxed{${ids.length > 0 ? ids[0] % 2 : ''}}`;
    const boxing = { ...model, tokenizer: { ...model.tokenizer, decode } };
    const stopTokens = Array.from({ length: model.config.vocabSize / 2 }, (_, i) => 2 * i + 1);
    const problems = PROBLEMS.map((problem) => ({ ...problem, answer: '0' }));
    const asking = { ...ASKING, samples: 20, chat: { ...chat, stopTokens } };
    const [none, all] = listPatchModes(model.config.headCount);
    for (const [mode, steering] of [
      [none, null],
      [all, steeringOf(applied)],
    ] as const) {
      const expected = shareCorrect(await answerAll(boxing, steering, problems, asking));
      expect(expected.value).toBeGreaterThan(0);
      expect(expected.value).toBeLessThan(1);
      const patch = { vector_D: applied.layers[0].values_D, mode };
      expect(measurePatched(boxing, patch, problems, asking)).toEqual(expected);
    }
  });
});

describe('the prefix test', () => {
  const shift = {
    firstTokens: {
      top: [
        { token: 2, text: 'end', value: 0.5 },
        { token: 4, text: 'To', value: 0.4 },
        { token: 1, text: 'a', value: 0.002 },
        { token: 0, text: 'b', value: 0.0001 },
      ],
      bottom: [],
    },
    firstProbabilities: {
      base: Float64Array.of(0.1, 0.2, 0.1, 0.3, 0.3),
      steered: Float64Array.of(0.1, 0.2, 0.6, 0, 0.1),
    },
  };
  const tokenizer = { text: (id: number) => `t${id}` };

  it('tries what the vector raises, but not the end, and says what share of the gain comes back', async () => {
    const asked: (readonly number[])[] = [];
    const [base, steered] = [wilsonShare(2, 10), wilsonShare(8, 10)];
    const found = await testPrefixes({
      ...{ tokenizer, shift, base, steered, stopTokens: [2] },
      measure: (prefix) => Promise.resolve((asked.push(prefix), wilsonShare(5, 10))),
    });
    expect(asked).toEqual([[4], [1]]);
    expect(found.prefixes[0]).toMatchObject({
      ...{ tokens: [4], text: 't4', baseProbability: 0.3, steeredProbability: 0.1 },
      recovered: expect.closeTo(0.5, 12),
    });
  });

  it('has no share of no gain', () => {
    expect(recoveredShare(0.5, 0.4, 0.4)).toBeNull();
    expect(recoveredShare(0.5, 0.4, 0.3)).toBeNull();
    expect(recoveredShare(0.5, 0.4, 0.6)).toBeCloseTo(0.5, 12);
  });
});

describe('generations side by side', () => {
  it('show the prompt by segments, one text for neighbours of a kind', () => {
    const decode = (ids: ArrayLike<number>): string => Array.from(ids).join('-');
    expect(
      joinSegments({ prompt: [1, 3, 2, 5], segments: ['role', 'role', 'system', 'role'] }, { decode }),
    ).toEqual([
      { segment: 'role', text: '1-3' },
      { segment: 'system', text: '2' },
      { segment: 'role', text: '5' },
    ]);
  });

  it('keep what both wrote to the same problem', async () => {
    const asking = { ...ASKING, samples: 1 };
    const base = await answerAll(model, null, PROBLEMS, asking);
    const steered = await answerAll(model, steeringOf(applied), PROBLEMS, asking);
    const { problems } = pairGenerations(base, steered, model.tokenizer);
    expect(problems.map(({ answer, testSet }) => [answer, testSet])).toEqual([
      ['4', 'easy'],
      ['6', 'hard'],
    ]);
    expect(problems[1].steered).toEqual({
      text: steered[1].text,
      isCorrect: false,
      ended: steered[1].ended,
    });
  });
});
