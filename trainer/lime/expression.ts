/** Arithmetic expressions over the integers modulo a prime. Knows no tokens and no model. */
import { evaluate, listSteps, type Expression, type Operator, type Work } from '../arithmetic/expression.ts';
import type { Rng } from '../compute/rng.ts';

const OPERATORS: readonly Operator[] = ['+', '-', '*', '/'];

/** A random one with this many numbers; nothing is divided by 0. */
export function createExpression(rng: Rng, operands: number, modulus: number): Expression {
  if (operands === 1) return rng.int(modulus);
  const leftOperands = 1 + rng.int(operands - 1);
  const left = createExpression(rng, leftOperands, modulus);
  const right = createExpression(rng, operands - leftOperands, modulus);
  const isZero = evaluateExpression(right, modulus) === 0;
  const operator = OPERATORS[rng.int(isZero ? 3 : 4)];
  return { operator, left, right };
}

export function evaluateExpression(expression: Expression, modulus: number): number {
  return evaluate(expression, workModulo(modulus));
}

/** Every state from the expression itself to the number it is worth. */
export function listStates(expression: Expression, modulus: number): Expression[] {
  return [expression, ...listSteps(expression, workModulo(modulus))];
}

const workModulo =
  (modulus: number): Work =>
  (operator, left, right) =>
    operate(operator, left, right, modulus);

function operate(operator: Operator, left: number, right: number, modulus: number): number {
  switch (operator) {
    case '+':
      return (left + right) % modulus;
    case '-':
      return (left - right + modulus) % modulus;
    case '*':
      return (left * right) % modulus;
    case '/':
      return (left * invert(right, modulus)) % modulus;
    default:
      return operator satisfies never;
  }
}

/** x^(p-2) = 1/x modulo a prime p (Fermat). */
function invert(x: number, modulus: number): number {
  if (x % modulus === 0) {
    throw new Error(
      'Division: expected a divisor other than 0, got 0. Create expressions by createExpression.',
    );
  }
  let power = 1;
  for (let i = 0; i < modulus - 2; i++) power = (power * x) % modulus;
  return power;
}
