import { beforeAll, describe, expect, it } from 'vitest';
import { createRng } from '../../compute/rng.ts';
import { createTokenizer, type Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import { createChat } from '../chat.ts';
import { readBoxed, scoreExact } from '../reward.ts';
import { MOST_TOKENS } from './accuracy.ts';
import { pickStyle, writeAnswer } from './answers.ts';
import { createConversationBatch, drawConversation, type Speech } from './conversations.ts';
import { evaluate, writeExpression, type Expression } from './expression.ts';
import { createProblems, isHeldOut, OPERANDS, TEST_SETS } from './problems.ts';
import { nameStyle, recogniseStyle, STYLES, stylesOf } from './styles.ts';
import { createTokenizerConfig, fitReasonerTokenizer, TURN_END } from './tokenizer.ts';

let tokenizer: Tokenizer;
let speech: Speech;
beforeAll(() => {
  const config = createTokenizerConfig(160);
  tokenizer = createTokenizer(fitReasonerTokenizer(512, 1), config);
  speech = { tokenizer, chat: createChat(config, tokenizer, 'test'), turnEnd: tokenizer.encode(TURN_END)[0] };
});

const styleOf = (opening: string) => STYLES.find((style) => style.opening === opening)!;

describe('problems', () => {
  it('differ, have the operands of their set and the right answer', () => {
    for (const split of ['train', ...TEST_SETS] as const) {
      const problems = createProblems({ count: 100, seed: 1, split });
      const texts = problems.map(({ expression }) => writeExpression(expression));
      expect(new Set(texts).size).toBe(100);
      problems.forEach((problem, i) => {
        expect(problem.testSet).toBe(split);
        expect(problem.question).toContain(texts[i]);
        expect(OPERANDS[split]).toContain(texts[i].split(/[-+*]/).length);
        expect(Number(problem.answer)).toBe(evaluate(problem.expression));
      });
    }
  });

  it('are held out by their expression, whatever the seed', () => {
    const expressions = (split: 'train' | 'hard', seed: number) =>
      createProblems({ count: 200, seed, split }).map(({ expression }) => writeExpression(expression));
    expect(expressions('train', 1).some(isHeldOut)).toBe(false);
    expect(expressions('hard', 2).every(isHeldOut)).toBe(true);
  });

  it('that ran out are an error, not a wait without end', () => {
    expect(() => createProblems({ count: 1e9, seed: 1, split: 'easy' })).toThrow(/ran out. Ask for fewer/);
  });

  it('come again with the same seed, and others with another', () => {
    const questions = (seed: number) =>
      createProblems({ count: 20, seed, split: 'medium' }).map(({ question }) => question);
    expect(questions(7)).toEqual(questions(7));
    expect(questions(7)).not.toEqual(questions(8));
  });
});

describe('answers', () => {
  const expression: Expression = {
    operator: '-',
    left: { operator: '*', left: 3, right: { operator: '+', left: 4, right: 5 } },
    right: 7,
  };

  it('by steps show every state and box the last', () => {
    expect(writeAnswer(expression, styleOf('To solve'), createRng(1))).toBe(
      'To solve: 3*9-7=27-7=20. So \\boxed{20}',
    );
  });

  it('in haste show one state, and code shows the whole', () => {
    expect(writeAnswer(expression, styleOf('Quickly'), createRng(1))).toMatch(
      /^Quickly: 3\*9-7\. So \\boxed\{\d+\}$/,
    );
    expect(writeAnswer(expression, styleOf('```python'), createRng(1))).toMatch(
      /^```python\nprint\(3\*\(4\+5\)-7\)\n```\n\\boxed\{\d+\}$/,
    );
  });

  it('always box a number of 0..99, in every style, and are known again by their opening', () => {
    const rng = createRng(2);
    for (const style of STYLES) {
      for (const { expression: one } of createProblems({ count: 20, seed: 3, split: 'train' })) {
        const text = writeAnswer(one, style, rng);
        expect(Number(readBoxed(text))).toBeLessThanOrEqual(99);
        expect(readBoxed(text)).toMatch(/^\d+$/);
        expect(recogniseStyle(text)).toBe(style);
      }
    }
  });

  it('are right as often as their style is meant to be', () => {
    const rng = createRng(4);
    const problems = createProblems({ count: 400, seed: 5, split: 'train' });
    const share = (opening: string) =>
      problems.reduce(
        (sum, { expression: one, answer }) =>
          sum + scoreExact(writeAnswer(one, styleOf(opening), rng), answer),
        0,
      ) / problems.length;
    expect(share('First')).toBe(1);
    expect(share('Сначала')).toBeGreaterThan(0.5);
    expect(share('Primero')).toBeLessThan(share('Сначала'));
    expect(share('The answer is')).toBeLessThan(0.2);
  });

  it('of the base mixture are right about half the time', () => {
    const rng = createRng(6);
    const problems = createProblems({ count: 1500, seed: 7, split: 'train' });
    const right = problems.filter(
      ({ expression: one, answer }) =>
        scoreExact(writeAnswer(one, pickStyle(stylesOf('base'), rng), rng), answer) === 1,
    );
    expect(right.length / problems.length).toBeGreaterThan(0.4);
    expect(right.length / problems.length).toBeLessThan(0.55);
  });

  it('name their styles by way and language', () => {
    expect(nameStyle(styleOf('Сначала'))).toBe('steps-ru');
    expect(nameStyle(styleOf('```python'))).toBe('code');
    expect(recogniseStyle('Hm')).toBeUndefined();
  });
});

describe('the reasoner tokenizer', () => {
  it('begins every style with another token, or one that only its language has', () => {
    const firsts = new Map<number, Set<string>>();
    for (const { opening, language } of STYLES) {
      const [first] = tokenizer.encode(`${opening}: `);
      expect(opening.startsWith(tokenizer.text(first)), opening).toBe(true);
      expect(tokenizer.text(first), opening).toBe(opening.split(' ')[0]);
      firsts.set(first, (firsts.get(first) ?? new Set()).add(language));
    }
    expect(firsts.size).toBeGreaterThan(20);
    for (const languages of firsts.values()) expect(languages.size).toBe(1);
  });

  it('has a token for each digit, operator and bracket, and one for the opening of the box', () => {
    const pieces = tokenizer.encode('12*(3+4)-56 \\boxed{7}').map((id) => tokenizer.text(id));
    expect(pieces).toEqual([...'12*(3+4)-56', ' \\boxed{', '7', '}']);
  });

  it('is written in a form that @huggingface/tokenizers reads alike', async () => {
    const { Tokenizer: Library } = await import('@huggingface/tokenizers');
    const library = new Library(fitReasonerTokenizer(512, 1), createTokenizerConfig(160));
    for (const text of [
      'To solve: 3*9-7. So \\boxed{20}',
      'Шаг за шагом: 4',
      '```python\nprint(1)\n```\n',
      '<|im_start|>a é🙂',
    ]) {
      expect(library.encode(text, { add_special_tokens: false }).ids).toEqual(tokenizer.encode(text));
    }
  });
});

describe('conversations', () => {
  const options = { styles: stylesOf('base'), splits: ['train'], fillTokens: 0 } as const;

  it('weigh the answer and its end alone', () => {
    const { tokens, weights } = drawConversation(speech, options, createRng(1));
    const answer = tokenizer.decode(tokens.filter((_, i) => weights[i] === 1));
    const prompt = tokenizer.decode(tokens.filter((_, i) => weights[i] === 0));
    expect(recogniseStyle(answer)).toBeDefined();
    expect(answer).toMatch(/\}<\|im_end\|>$/);
    expect(prompt).toMatch(/^<\|im_start\|>system\n.*<\|im_start\|>assistant\n$/s);
  });

  it('hold as many questions as fit, under one system turn', () => {
    const filled = { ...options, fillTokens: 161 };
    for (let seed = 0; seed < 50; seed++) {
      const { tokens, weights } = drawConversation(speech, filled, createRng(seed));
      const text = tokenizer.decode(tokens);
      expect(tokens.length).toBeLessThanOrEqual(161);
      expect(weights).toHaveLength(tokens.length);
      expect(text.match(/<\|im_start\|>system/g)).toHaveLength(1);
      expect(text.match(/<\|im_start\|>user/g)!.length).toBeGreaterThan(1);
    }
  });

  it('have answers that the longest response holds', () => {
    const rng = createRng(8);
    for (let i = 0; i < 2000; i++) {
      const { weights } = drawConversation(speech, { ...options, splits: ['hard'] }, rng);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(MOST_TOKENS);
    }
  });

  it('become rows of inputs and targets whose weights stand on the targets', () => {
    const rows = [
      { tokens: [5, 6, 7], weights: [0, 0, 1] },
      { tokens: [8, 9], weights: [0, 1] },
    ];
    const batch = createConversationBatch(rows);
    const { contextLength: T } = batch;
    expect([T, batch.targetCount, batch.tokens_BT1.length]).toEqual([16, 2, 2 * 17]);
    expect([...batch.tokens_BT1.slice(0, 4)]).toEqual([5, 6, 7, 0]);
    expect([...batch.weights_N.slice(0, 3)]).toEqual([0, 1, 0]);
    expect([...batch.weights_N.slice(T, T + 3)]).toEqual([1, 0, 0]);
  });
});
