/**
 * The Arithmetic Expression Task (2502.09245, s.4): an expression, then every step that works it out. Samples as tokens of
 * an own vocabulary, one token per number. Training and test expressions are kept apart by a hash of the expression.
 */
import { writeExpression, type Expression } from '../arithmetic/expression.ts';
import { createRng, type Rng } from '../compute/rng.ts';
import { createExpression, listStates } from './expression.ts';

/** The field of the numbers; Feng et al. 2023 take 11 as well. */
export const MODULUS = 11;
export const OPERANDS = [4, 5, 6] as const;

const SIGNS = ['+', '-', '*', '/', '(', ')', '='] as const;

/** Ends a sample and fills up a row. */
export const END = 0;
const FIRST_SIGN = 1 + MODULUS;
export const EQUALS = FIRST_SIGN + SIGNS.indexOf('=');
export const VOCABULARY = FIRST_SIGN + SIGNS.length;

/** One expression of this many is for the test set. */
const TEST_SHARE = 20;

export interface ArithmeticSample {
  readonly operands: number;
  /** The expression, its steps with an equals sign before each, END. */
  readonly tokens: readonly number[];
  /** Tokens up to the first equals sign, that one included: what a model is given. */
  readonly promptLength: number;
}

export type ArithmeticSplit = 'train' | 'test';

/** Different expressions, drawn in the order that the seed fixes. */
export function createSamples(
  split: ArithmeticSplit,
  operands: number,
  count: number,
  seed: number,
): ArithmeticSample[] {
  const rng = createRng(Math.imul(seed, 31) + operands * 2 + (split === 'test' ? 1 : 0));
  const seen = new Set<string>();
  const samples: ArithmeticSample[] = [];
  while (samples.length < count) {
    const sample = createSample(rng, operands);
    const key = sample.tokens.slice(0, sample.promptLength).join(' ');
    if (splitOf(key) !== split || seen.has(key)) continue;
    seen.add(key);
    samples.push(sample);
  }
  return samples;
}

function createSample(rng: Rng, operands: number): ArithmeticSample {
  return encodeSolution(createExpression(rng, operands, MODULUS), operands);
}

export function encodeSolution(expression: Expression, operands: number): ArithmeticSample {
  const tokens: number[] = [];
  let promptLength = 0;
  for (const state of listStates(expression, MODULUS)) {
    if (tokens.length > 0) tokens.push(EQUALS);
    promptLength ||= tokens.length;
    for (const sign of writeExpression(state)) tokens.push(tokenOf(sign));
  }
  tokens.push(END);
  return { operands, tokens, promptLength };
}

function tokenOf(sign: number | (typeof SIGNS)[number]): number {
  return typeof sign === 'number' ? 1 + sign : FIRST_SIGN + SIGNS.indexOf(sign);
}

/** For people: 3 * ( 4 + 5 ) = 3 * 9 = 5 */
export function decodeTokens(tokens: readonly number[]): string {
  const words = tokens.map((token) => {
    if (token === END) return '.';
    return token < FIRST_SIGN ? String(token - 1) : SIGNS[token - FIRST_SIGN];
  });
  return words.join(' ');
}

/** The number between the last equals sign and END; undefined where there is no such thing. */
export function readAnswer(tokens: readonly number[]): number | undefined {
  const end = tokens.indexOf(END);
  if (end < 2 || tokens[end - 2] !== EQUALS) return undefined;
  const token = tokens[end - 1];
  return token > END && token < FIRST_SIGN ? token - 1 : undefined;
}

/** Longest sample of so many operands: fully in parentheses at every step. */
export function longestSample(operands: number): number {
  let length = 1;
  for (let left = operands; left >= 1; left--) length += 2 * left - 1 + 2 * Math.max(0, left - 2) + 1;
  return length - 1;
}

/** FNV-1a. */
function splitOf(key: string): ArithmeticSplit {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % TEST_SHARE === 0 ? 'test' : 'train';
}
