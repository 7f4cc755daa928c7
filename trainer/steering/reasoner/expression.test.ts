import { describe, expect, it } from 'vitest';
import { createRng } from '../../compute/rng.ts';
import {
  createExpression,
  evaluate,
  listSlippedSteps,
  listSteps,
  MOST,
  writeExpression,
  type Expression,
} from './expression.ts';

/** 3*(4+5)-7 */
const SAMPLE: Expression = {
  operator: '-',
  left: { operator: '*', left: 3, right: { operator: '+', left: 4, right: 5 } },
  right: 7,
};

const valuesOf = (one: Expression): number[] =>
  typeof one === 'number' ? [one] : [evaluate(one), ...valuesOf(one.left), ...valuesOf(one.right)];

const numbersOf = (one: Expression): number[] =>
  typeof one === 'number' ? [one] : [...numbersOf(one.left), ...numbersOf(one.right)];

describe('an expression', () => {
  it('is written with the parentheses it needs, and worked out from the left', () => {
    expect(writeExpression(SAMPLE)).toBe('3*(4+5)-7');
    expect(evaluate(SAMPLE)).toBe(20);
    expect(listSteps(SAMPLE).map(writeExpression)).toEqual(['3*9-7', '27-7', '20']);
  });

  it('keeps the parentheses to the right of a minus, and drops those to the left', () => {
    const inner: Expression = { operator: '-', left: 5, right: 2 };
    expect(writeExpression({ operator: '-', left: 9, right: inner })).toBe('9-(5-2)');
    expect(writeExpression({ operator: '-', left: inner, right: 1 })).toBe('5-2-1');
    expect(writeExpression({ operator: '+', left: 9, right: { operator: '*', left: 2, right: 3 } })).toBe(
      '9+2*3',
    );
  });

  it('means to JavaScript what it means here, with every value in 0..99', () => {
    const rng = createRng(1);
    for (let i = 0; i < 500; i++) {
      const operands = 2 + (i % 4);
      const one = createExpression(rng, operands);
      expect(numbersOf(one)).toHaveLength(operands);
      expect(valuesOf(one).every((value) => value >= 0 && value <= MOST)).toBe(true);
      for (const step of [one, ...listSteps(one)]) {
        // Digits and signs of our own making.
        expect(new Function(`return ${writeExpression(step)}`)()).toBe(evaluate(one));
      }
    }
  });
});

describe('steps with slips', () => {
  it('are the right ones where nothing slips', () => {
    expect(listSlippedSteps(SAMPLE, 0, createRng(1))).toEqual(listSteps(SAMPLE));
  });

  it('are off by 1 or 2 in every step where everything slips', () => {
    const sum: Expression = { operator: '+', left: 40, right: 5 };
    const ends = Array.from({ length: 200 }, (_, seed) => listSlippedSteps(sum, 1, createRng(seed))[0]);
    expect([...new Set(ends)].sort()).toEqual([43, 44, 46, 47]);
  });

  it('stay within 0..99, by doing without where there is no room', () => {
    for (let seed = 0; seed < 200; seed++) {
      const one = createExpression(createRng(seed), 5);
      for (const step of listSlippedSteps(one, 0.5, createRng(seed)))
        expect(numbersOf(step).every((value) => value >= 0 && value <= MOST)).toBe(true);
    }
  });

  it('go on from the slip, not from the truth', () => {
    const chain: Expression = { operator: '+', left: { operator: '+', left: 40, right: 5 }, right: 20 };
    const [first, last] = listSlippedSteps(chain, 1, createRng(3));
    expect(evaluate(first) - 20).not.toBe(45);
    expect([-2, -1, 1, 2]).toContain((last as number) - evaluate(first));
  });
});
