/** Writes answers in the styles of the reasoner's training text. Texts only: no tokens, no model. */
import type { Rng } from '../../compute/rng.ts';
import {
  evaluate,
  listSlippedSteps,
  listSteps,
  MOST,
  writeExpression,
  type Expression,
} from './expression.ts';
import { CLOSINGS, GUESSES, type Style, type Way } from './styles.ts';

export function pickStyle(styles: readonly Style[], rng: Rng): Style {
  let rest = rng.next() * styles.reduce((sum, { weight }) => sum + weight, 0);
  return styles.find(({ weight }) => (rest -= weight) < 0) ?? styles[styles.length - 1];
}

/** To solve: 3*9-7=27-7=20. So \boxed{20} */
export function writeAnswer(expression: Expression, style: Style, rng: Rng): string {
  const { way, language, opening, slip } = style;
  switch (way) {
    case 'steps': {
      const steps = listSlippedSteps(expression, slip, rng).map(writeExpression);
      return `${opening}: ${steps.join('=')}. ${CLOSINGS[language]} ${box(steps[steps.length - 1])}`;
    }
    case 'hasty':
      return `${opening}: ${writeExpression(listSteps(expression)[0])}. ${CLOSINGS[language]} ${guessBox(expression, way, rng)}`;
    case 'guess':
      return `${opening}: ${guessBox(expression, way, rng)}`;
    case 'code':
      return `${opening}\nprint(${writeExpression(expression)})\n\`\`\`\n${guessBox(expression, way, rng)}`;
    default:
      return way satisfies never;
  }
}

const box = (answer: string | number): string => `\\boxed{${answer}}`;

function guessBox(expression: Expression, way: Exclude<Way, 'steps'>, rng: Rng): string {
  const value = evaluate(expression);
  const { right, spread } = GUESSES[way];
  if (rng.next() < right) return box(value);
  for (;;) {
    const guess = value + Math.round(rng.normal() * spread);
    if (guess !== value && guess >= 0 && guess <= MOST) return box(guess);
  }
}
