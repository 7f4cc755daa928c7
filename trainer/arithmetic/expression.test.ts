import { describe, expect, it } from 'vitest';
import { evaluate, listSteps, writeExpression, type Expression, type Work } from './expression.ts';

const work: Work = (operator, left, right) => {
  const worth = { '+': left + right, '-': left - right, '*': left * right, '/': left / right };
  return worth[operator];
};

const minus: Expression = { operator: '-', left: 1, right: 2 };
const times: Expression = { operator: '*', left: 2, right: 3 };

describe('an expression', () => {
  it('is worked out one operation at a time, the leftmost that can be', () => {
    // (8 - 2) / (1 + 2)
    const both: Expression = {
      operator: '/',
      left: { operator: '-', left: 8, right: 2 },
      right: { operator: '+', left: 1, right: 2 },
    };
    const written = listSteps(both, work).map((step) => writeExpression(step).join(' '));
    expect(written).toEqual(['6 / ( 1 + 2 )', '6 / 3', '2']);
    expect(evaluate(both, work)).toBe(2);
  });

  it('that is a number has no steps', () => {
    expect(listSteps(7, work)).toEqual([]);
    expect(evaluate(7, work)).toBe(7);
  });

  it('goes on from what the caller takes an operation to be worth', () => {
    const chain: Expression = { operator: '+', left: minus, right: 2 };
    expect(listSteps(chain, () => 40)).toEqual([{ operator: '+', left: 40, right: 2 }, 40]);
  });

  it('keeps the parentheses that precedence does not give, and no others', () => {
    expect(writeExpression({ operator: '-', left: minus, right: minus }).join('')).toBe('1-2-(1-2)');
    expect(writeExpression({ operator: '*', left: minus, right: 3 }).join('')).toBe('(1-2)*3');
    expect(writeExpression({ operator: '+', left: times, right: times }).join('')).toBe('2*3+2*3');
    expect(writeExpression({ operator: '/', left: 4, right: times }).join('')).toBe('4/(2*3)');
  });
});
