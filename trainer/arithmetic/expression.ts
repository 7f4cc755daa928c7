/**
 * Arithmetic expressions as trees, and the chain of steps that works one out: each step evaluates the leftmost operation
 * whose two sides are numbers (after Feng et al. 2023, 2305.15408). What an operation is worth and which expressions there
 * are is the caller's. Knows no words and no tokens.
 */
export type Operator = '+' | '-' | '*' | '/';

/** A number, or an operation by one of these signs. */
export type Expression<Sign extends Operator = Operator> = number | Operation<Sign>;

export interface Operation<Sign extends Operator = Operator> {
  readonly operator: Sign;
  readonly left: Expression<Sign>;
  readonly right: Expression<Sign>;
}

/** What one operation is taken to be worth. */
export type Work<Sign extends Operator = Operator> = (operator: Sign, left: number, right: number) => number;

const PRECEDENCE: Readonly<Record<Operator, number>> = { '+': 1, '-': 1, '*': 2, '/': 2 };

export function evaluate<Sign extends Operator>(expression: Expression<Sign>, work: Work<Sign>): number {
  if (typeof expression === 'number') return expression;
  const { operator, left, right } = expression;
  return work(operator, evaluate(left, work), evaluate(right, work));
}

/** Every state behind the expression, down to a number; none behind a number. */
export function listSteps<Sign extends Operator>(
  expression: Expression<Sign>,
  work: Work<Sign>,
): Expression<Sign>[] {
  const steps: Expression<Sign>[] = [];
  for (let now = expression; typeof now !== 'number';) {
    now = reduce(now, work);
    steps.push(now);
  }
  return steps;
}

function reduce<Sign extends Operator>(
  { operator, left, right }: Operation<Sign>,
  work: Work<Sign>,
): Expression<Sign> {
  if (typeof left !== 'number') return { operator, left: reduce(left, work), right };
  if (typeof right !== 'number') return { operator, left, right: reduce(right, work) };
  return work(operator, left, right);
}

/** Numbers, signs and the parentheses that precedence (* and / before + and -, from the left) leaves necessary. */
export function writeExpression<Sign extends Operator>(
  expression: Expression<Sign>,
): (number | Sign | '(' | ')')[] {
  if (typeof expression === 'number') return [expression];
  const { operator, left, right } = expression;
  const parenthesise = (side: Expression<Sign>, least: number) => {
    const needs = typeof side !== 'number' && PRECEDENCE[side.operator] < least;
    return needs ? (['(', ...writeExpression(side), ')'] as const) : writeExpression(side);
  };
  const own = PRECEDENCE[operator];
  return [...parenthesise(left, own), operator, ...parenthesise(right, own + 1)];
}
