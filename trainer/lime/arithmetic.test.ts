import { describe, expect, it } from 'vitest';
import { writeExpression } from '../arithmetic/expression.ts';
import { createRng } from '../compute/rng.ts';
import {
  createSamples,
  decodeTokens,
  encodeSolution,
  END,
  EQUALS,
  longestSample,
  MODULUS,
  OPERANDS,
  readAnswer,
  VOCABULARY,
} from './arithmetic.ts';
import { createExpression, evaluateExpression, listStates } from './expression.ts';

describe('expressions', () => {
  it('are worked out one operation at a time, from the left', () => {
    const expression = {
      operator: '*',
      left: 3,
      right: { operator: '-', left: { operator: '+', left: 4, right: 5 }, right: 10 },
    } as const;
    const written = listStates(expression, 11).map((state) => writeExpression(state).join(' '));
    expect(written).toEqual(['3 * ( 4 + 5 - 10 )', '3 * ( 9 - 10 )', '3 * 10', '8']);
  });

  it('divide by the inverse: 7 / 2 is 9 modulo 11, since 9 * 2 = 18 = 7', () => {
    expect(evaluateExpression({ operator: '/', left: 7, right: 2 }, 11)).toBe(9);
  });

  it('are worth the same at every step', () => {
    const rng = createRng(5);
    for (let i = 0; i < 300; i++) {
      const states = listStates(createExpression(rng, 6, 11), 11);
      const values = states.map((state) => evaluateExpression(state, 11));
      expect(new Set(values).size).toBe(1);
      expect(states).toHaveLength(6);
    }
  });
});

describe('the arithmetic task', () => {
  it('writes the expression, its steps and the end', () => {
    const sample = encodeSolution(
      { operator: '+', left: 10, right: { operator: '*', left: 2, right: 3 } },
      3,
    );
    expect(decodeTokens(sample.tokens)).toBe('10 + 2 * 3 = 10 + 6 = 5 .');
    expect(sample.tokens[sample.promptLength - 1]).toBe(EQUALS);
    expect(readAnswer(sample.tokens)).toBe(5);
  });

  it('has no test expression among those trained on', () => {
    const key = ({ tokens, promptLength }: { tokens: readonly number[]; promptLength: number }) =>
      tokens.slice(0, promptLength).join(' ');
    const train = new Set(createSamples('train', 4, 4000, 1).map(key));
    expect(train.size).toBe(4000);
    for (const sample of createSamples('test', 4, 300, 1)) expect(train.has(key(sample))).toBe(false);
  });

  it('is the same for the same seed and another for another', () => {
    expect(createSamples('train', 5, 20, 3)).toEqual(createSamples('train', 5, 20, 3));
    expect(createSamples('train', 5, 20, 3)).not.toEqual(createSamples('train', 5, 20, 4));
  });

  it('stays within its longest sample and its vocabulary', () => {
    for (const operands of OPERANDS) {
      for (const { tokens } of createSamples('train', operands, 2000, 2)) {
        expect(tokens.length).toBeLessThanOrEqual(longestSample(operands));
        expect(Math.max(...tokens)).toBeLessThan(VOCABULARY);
        expect(tokens.indexOf(END)).toBe(tokens.length - 1);
      }
    }
    const nested = (depth: number): ReturnType<typeof createExpression> =>
      depth === 1 ? 2 : { operator: '/', left: 1, right: nested(depth - 1) };
    expect(encodeSolution(nested(6), 6).tokens).toHaveLength(longestSample(6));
  });

  it('reads no answer where none stands at the end', () => {
    expect(readAnswer([EQUALS, 3, END])).toBe(2);
    expect(readAnswer([3, EQUALS, 3])).toBeUndefined();
    expect(readAnswer([EQUALS, 3, 4, END])).toBeUndefined();
    expect(readAnswer([EQUALS, MODULUS + 1, END])).toBeUndefined();
  });
});
