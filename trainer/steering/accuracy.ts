/** Share of right answers on held-out problems, sampled, set by set. */
import type { LanguageModel } from '../lm/language-model.ts';
import type { ChatTemplate } from './chat.ts';
import type { Steering } from './overlay.ts';
import type { Problem } from './problem.ts';
import { encodePrompts } from './prompts.ts';
import type { TestScore } from './record.ts';
import { isCorrect } from './rewards.ts';
import { rolloutAll, type RolloutOptions } from './rollouts.ts';
import { wilsonShare } from './statistics/wilson.ts';

export interface AccuracyOptions extends Pick<RolloutOptions, 'maxTokens' | 'temperature' | 'seed'> {
  readonly chat: Pick<ChatTemplate, 'encode' | 'stopTokens'>;
  /** Responses per problem. */
  readonly samples: number;
}

/** Sets in the order of the problems, then all of them together. Intervals take every response as a trial of its own. */
export async function measureAccuracy(
  model: LanguageModel,
  steering: Steering | null,
  problems: readonly Problem[],
  { chat, samples, ...options }: AccuracyOptions,
): Promise<TestScore[]> {
  const prompts = encodePrompts(problems, chat, model);
  const { stopTokens } = chat;
  const rollouts = await rolloutAll(model, steering, prompts, {
    ...options,
    stopTokens,
    generations: samples,
  });
  const judged = rollouts.map((rollout) => {
    const problem = problems[rollout.prompt];
    return { testSet: problem.testSet, isRight: isCorrect(rollout, problem) };
  });
  const sets = [...new Set(problems.map(({ testSet }) => testSet))];
  return [...sets, ALL].map((testSet) => {
    const own = judged.filter((one) => testSet === ALL || one.testSet === testSet);
    const rights = own.filter(({ isRight }) => isRight).length;
    return { testSet, accuracy: wilsonShare(rights, own.length), samples };
  });
}

/** All held-out sets together. */
export const ALL = 'all';
