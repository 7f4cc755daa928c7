/** Answers to problems and whether they are right: by the model as it is or steered, freely or begun for it. */
import type { LanguageModel } from '../../lm/language-model.ts';
import type { ChatTemplate } from '../chat.ts';
import type { Steering } from '../overlay.ts';
import type { Problem } from '../problem.ts';
import type { Generation, Segment, Share } from '../record.ts';
import { isCorrect } from '../rewards.ts';
import { rolloutAll, type RolloutOptions } from '../rollouts.ts';
import { wilsonShare } from '../statistics/wilson.ts';
import type { WrittenText } from './texts.ts';

export interface Asking extends Pick<RolloutOptions, 'maxTokens' | 'temperature' | 'seed'> {
  readonly chat: Pick<ChatTemplate, 'encode' | 'stopTokens'>;
  /** Answers to each problem. */
  readonly samples: number;
}

export interface Answer extends WrittenText {
  readonly problem: Problem;
  /** Of the prompt's tokens. */
  readonly segments: readonly Segment[];
  /** Without the token that ended it. */
  readonly text: string;
  readonly ended: Generation['ended'];
  readonly isCorrect: boolean;
}

/** Problem by problem. prefix: tokens that every response begins with, put there and not drawn; they count to maxTokens. */
export async function answerAll(
  model: LanguageModel,
  steering: Steering | null,
  problems: readonly Problem[],
  { chat, samples, ...sampling }: Asking,
  prefix: readonly number[] = [],
): Promise<Answer[]> {
  const asked = problems.map(({ question }) => chat.encode(question));
  const prompts = asked.map(({ tokens }) => [...tokens, ...prefix]);
  const rollouts = await rolloutAll(model, steering, prompts, {
    ...sampling,
    maxTokens: sampling.maxTokens - prefix.length,
    generations: samples,
    stopTokens: chat.stopTokens,
  });
  const begun = model.tokenizer.decode(prefix);
  return rollouts.map((rollout) => {
    const { tokens, segments } = asked[rollout.prompt];
    const problem = problems[rollout.prompt];
    const text = begun + rollout.text;
    return {
      ...{ problem, segments, text, ended: rollout.ended },
      prompt: tokens,
      response: [...prefix, ...rollout.tokens],
      isCorrect: isCorrect({ ...rollout, text }, problem),
    };
  });
}

export const shareCorrect = (answers: readonly Answer[]): Share =>
  wilsonShare(answers.filter((answer) => answer.isCorrect).length, answers.length);
