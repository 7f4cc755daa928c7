/** The problems of a training as prompts, and which of them a step takes. */
import type { LanguageModel } from '../lm/language-model.ts';
import type { ChatTemplate } from './chat.ts';
import type { Problem } from './problem.ts';
import { seedOf, shuffled } from './seeds.ts';
import type { SteeringSettings } from './settings.ts';

/** Of the numbers that a run draws: fit-step.ts has the others. */
const ORDER = 1;

/** Tokens of all problems; what the model has no room for is found here, before the first step. */
export function encodePrompts(
  problems: readonly Problem[],
  chat: Pick<ChatTemplate, 'encode'>,
  { config: { contextLength } }: Pick<LanguageModel, 'config'>,
): (readonly number[])[] {
  if (problems.length === 0)
    throw new Error('Expected problems, got none. Name a file or a set that has some.');
  return problems.map(({ question }) => {
    const { tokens } = chat.encode(question);
    if (tokens.length > 0 && tokens.length < contextLength) return tokens;
    throw new Error(
      `Problem "${question.slice(0, 80)}": expected a prompt of 1 to ${contextLength - 1} tokens, so that an answer fits into ` +
        `the model's context, got ${tokens.length}. Leave such problems out.`,
    );
  });
}

/** Indices; every problem once before any comes again, each time in another order. */
export function pickProblems(
  count: number,
  step: number,
  { prompts, seed }: Pick<SteeringSettings, 'prompts' | 'seed'>,
): number[] {
  const orders = new Map<number, Uint32Array>();
  return Array.from({ length: prompts }, (_, i) => {
    const place = (step - 1) * prompts + i;
    const round = Math.floor(place / count);
    const order = orders.get(round) ?? shuffled(count, seedOf(seed, ORDER, round));
    orders.set(round, order);
    return order[place % count];
  });
}
