/**
 * Arithmetic expressions of + - * and parentheses in which every value on the way, the first and the last included, is one
 * of 0..99; and the ways to work them out, right or with a slip. Knows no words and no tokens.
 */
import * as trees from '../../arithmetic/expression.ts';
import type { Rng } from '../../compute/rng.ts';

export type Operator = '+' | '-' | '*';
export type Expression = trees.Expression<Operator>;
type Work = trees.Work<Operator>;

export const MOST = 99;

const OPERATORS: readonly Operator[] = ['+', '-', '*'];

const isInRange = (value: number): boolean => value >= 0 && value <= MOST;

/** A random one with this many numbers. Those that leave the range are thrown away. */
export function createExpression(rng: Rng, operands: number): Expression {
  for (;;) {
    const expression = tryExpression(rng, operands);
    if (expression !== undefined) return expression;
  }
}

function tryExpression(rng: Rng, operands: number): Expression | undefined {
  if (operands === 1) return createNumber(rng);
  const leftOperands = 1 + rng.int(operands - 1);
  const left = tryExpression(rng, leftOperands);
  const right = left === undefined ? undefined : tryExpression(rng, operands - leftOperands);
  if (left === undefined || right === undefined) return undefined;
  const [x, y] = [evaluate(left), evaluate(right)];
  const fitting = OPERATORS.filter((operator) => isInRange(operate(operator, x, y)));
  return fitting.length === 0 ? undefined : { operator: fitting[rng.int(fitting.length)], left, right };
}

/** Mostly of one digit, as in school: the range is soon left otherwise. */
const createNumber = (rng: Rng): number =>
  rng.next() < ONE_DIGIT_SHARE ? 1 + rng.int(9) : 10 + rng.int(MOST_GIVEN - 9);

const ONE_DIGIT_SHARE = 0.85;
/** Of the numbers of two digits that stand in a question. */
const MOST_GIVEN = 30;

export function operate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      return operator satisfies never;
  }
}

export const evaluate = (expression: Expression): number => trees.evaluate(expression, operate);

/** Every state behind the expression, down to a number. */
export const listSteps = (expression: Expression): Expression[] => trees.listSteps(expression, operate);

/**
 * Steps with slips: each result is off by 1 or 2 with this probability. Stays within 0..99 by drawing anew; gives the
 * right steps where it cannot.
 */
export function listSlippedSteps(expression: Expression, slip: number, rng: Rng): Expression[] {
  const work: Work = (operator, left, right) => {
    const value = operate(operator, left, right);
    return rng.next() < slip ? value + OFFSETS[rng.int(OFFSETS.length)] : value;
  };
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const steps = trees.listSteps(expression, work);
    if (steps.every((step) => valuesOf(step).every(isInRange))) return steps;
  }
  return listSteps(expression);
}

const OFFSETS = [-2, -1, 1, 2] as const;
const MOST_ATTEMPTS = 20;

function valuesOf(expression: Expression): number[] {
  if (typeof expression === 'number') return [expression];
  return [...valuesOf(expression.left), ...valuesOf(expression.right)];
}

/** With the parentheses it needs, without spaces. */
export const writeExpression = (expression: Expression): string => trees.writeExpression(expression).join('');
