/** Conversations a model had, as texts that its tokenizer cuts into the very tokens it saw and wrote. */
import type { LanguageModel } from '../../lm/language-model.ts';
import { answerAll, type Asking } from '../../steering/analyses/answers.ts';
import type { Problem } from '../../steering/problem.ts';

export interface Conversations {
  /** Prompt and answer, marks included, problem by problem. */
  readonly texts: readonly string[];
  /** How many were left out: a sampled answer may spell a word in tokens that reading it does not give back. */
  readonly left: number;
}

export async function writeConversations(
  model: LanguageModel,
  problems: readonly Problem[],
  asking: Asking,
): Promise<Conversations> {
  const answers = await answerAll(model, null, problems, asking);
  const { tokenizer } = model;
  const texts: string[] = [];
  for (const { prompt, response } of answers) {
    const tokens = [...prompt, ...response];
    const text = tokenizer.decode(tokens);
    const read = tokenizer.encode(text);
    if (read.length === tokens.length && read.every((token, t) => token === tokens[t])) texts.push(text);
  }
  return { texts, left: answers.length - texts.length };
}
