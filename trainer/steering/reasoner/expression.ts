/**
 * Arithmetic expressions of + - * and parentheses in which every value on the way, the first and the last included, is one
 * of 0..99; and the ways to work them out, right or with a slip. Knows no words and no tokens.
 */
import type { Rng } from '../../compute/rng.ts';

export type Operator = '+' | '-' | '*';

export type Expression = number | Operation;

export interface Operation {
  readonly operator: Operator;
  readonly left: Expression;
  readonly right: Expression;
}

export const MOST = 99;

const OPERATORS: readonly Operator[] = ['+', '-', '*'];
const PRECEDENCE: Record<Operator, number> = { '+': 1, '-': 1, '*': 2 };

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

export function evaluate(expression: Expression): number {
  if (typeof expression === 'number') return expression;
  return operate(expression.operator, evaluate(expression.left), evaluate(expression.right));
}

/** What one operation is taken to be worth. */
export type Work = (operator: Operator, left: number, right: number) => number;

/** Every state behind the expression, down to a number: the leftmost operation on two numbers is worked out in each step. */
export function listSteps(expression: Expression, work: Work = operate): Expression[] {
  const steps: Expression[] = [];
  for (let now = expression; typeof now !== 'number';) {
    now = reduce(now, work);
    steps.push(now);
  }
  return steps;
}

function reduce({ operator, left, right }: Operation, work: Work): Expression {
  if (typeof left !== 'number') return { operator, left: reduce(left, work), right };
  if (typeof right !== 'number') return { operator, left, right: reduce(right, work) };
  return work(operator, left, right);
}

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
    const steps = listSteps(expression, work);
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

/** With the parentheses that precedence (* before + and -, from the left) leaves necessary, without spaces. */
export function writeExpression(expression: Expression): string {
  if (typeof expression === 'number') return String(expression);
  const { operator, left, right } = expression;
  const own = PRECEDENCE[operator];
  const side = (one: Expression, least: number) =>
    typeof one !== 'number' && PRECEDENCE[one.operator] < least
      ? `(${writeExpression(one)})`
      : writeExpression(one);
  return `${side(left, own)}${operator}${side(right, own + 1)}`;
}
