/**
 * The reasoner's problems: questions after the value of an expression, in several phrasings. Training and held-out
 * expressions are kept apart by a hash of the expression; held-out ones are easy, medium or hard by their operands.
 */
import { createRng, type Rng } from '../../compute/rng.ts';
import type { Problem } from '../problem.ts';
import { createExpression, evaluate, writeExpression, type Expression } from './expression.ts';

export const TEST_SETS = ['easy', 'medium', 'hard'] as const;
export type ProblemSplit = 'train' | (typeof TEST_SETS)[number];

/** How many numbers an expression of each set has. */
export const OPERANDS: Readonly<Record<ProblemSplit, readonly number[]>> = {
  train: [2, 3, 4, 5],
  easy: [2, 3],
  medium: [4],
  hard: [5],
};

export const PHRASINGS = ['What is #?', 'Compute #.', 'Find the value of #.', 'Evaluate #.', '#=?'] as const;

/** One expression of this many is held out. */
const HELD_OUT_SHARE = 8;

export interface ExpressionProblem extends Problem {
  readonly expression: Expression;
}

export interface ProblemsInput {
  readonly count: number;
  readonly seed: number;
  readonly split: ProblemSplit;
}

/** Different expressions, drawn in the order that the seed fixes. */
export function createProblems({ count, seed, split }: ProblemsInput): ExpressionProblem[] {
  const rng = createRng(Math.imul(seed, 31) + Object.keys(OPERANDS).indexOf(split));
  const seen = new Set<string>();
  const problems: ExpressionProblem[] = [];
  let repeats = 0;
  while (problems.length < count) {
    const problem = drawProblem(rng, split);
    const key = writeExpression(problem.expression);
    repeats = seen.has(key) ? repeats + 1 : 0;
    if (repeats === 0) problems.push(problem);
    if (repeats > MOST_REPEATS) throw exhausted(count, split, problems.length);
    seen.add(key);
  }
  return problems;
}

/** Draws in a row of expressions drawn before: there are few left by then, if any. */
const MOST_REPEATS = 200;

function exhausted(count: number, split: ProblemSplit, found: number): Error {
  return new Error(
    `Problems of "${split}": expected ${count} different ones, got ${found} before they ran out. Ask for fewer.`,
  );
}

/** One of the split, perhaps one drawn before. */
export function drawProblem(rng: Rng, split: ProblemSplit): ExpressionProblem {
  const operands = OPERANDS[split];
  for (;;) {
    const expression = createExpression(rng, operands[rng.int(operands.length)]);
    const text = writeExpression(expression);
    if (isHeldOut(text) === (split === 'train')) continue;
    const phrasing = PHRASINGS[rng.int(PHRASINGS.length)];
    return {
      question: phrasing.replace('#', text),
      answer: String(evaluate(expression)),
      testSet: split,
      expression,
    };
  }
}

/** FNV-1a. */
export function isHeldOut(expression: string): boolean {
  let hash = 0x811c9dc5;
  for (let i = 0; i < expression.length; i++) hash = Math.imul(hash ^ expression.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % HELD_OUT_SHARE === 0;
}
