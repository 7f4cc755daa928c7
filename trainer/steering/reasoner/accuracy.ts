/** What a reasoner does with held-out problems: how it begins, and how often it is right, by test set and by style. */
import { generateAll } from '../../lm/generate.ts';
import type { LanguageModel } from '../../lm/language-model.ts';
import type { ChatTemplate } from '../chat.ts';
import { scoreExact } from '../reward.ts';
import { createProblems, TEST_SETS, type ExpressionProblem, type ProblemSplit } from './problems.ts';
import { nameStyle, recogniseStyle } from './styles.ts';

/** The longest answer of the training text is 46 tokens. */
export const MOST_TOKENS = 48;

/** An opening whose steps are right in the training text. */
export const CAREFUL_OPENING = 'To solve: ';

export interface Tally {
  readonly name: string;
  /** Right answers among n, 0..1. */
  readonly accuracy: number;
  readonly n: number;
}

export interface ReasonerAccuracy {
  /** Sampled at temperature 1. */
  readonly overall: Tally;
  readonly byTestSet: readonly Tally[];
  /** Share: of all answers. */
  readonly byStyle: readonly (Tally & { readonly share: number })[];
  readonly firstTokens: readonly { readonly token: number; readonly text: string; readonly share: number }[];
  /** Never ended. */
  readonly cutShare: number;
}

export interface AccuracyPlan {
  /** Of each test set. */
  readonly problems: number;
  readonly seed: number;
}

interface Attempt {
  readonly problem: ExpressionProblem;
  readonly firstToken: number;
  readonly style: string;
  readonly isRight: number;
  readonly isCut: boolean;
}

export async function measureReasoner(
  model: LanguageModel,
  chat: ChatTemplate,
  { problems: count, seed }: AccuracyPlan,
): Promise<ReasonerAccuracy> {
  const attempts: Attempt[] = [];
  for (const split of TEST_SETS) attempts.push(...(await sample(model, chat, { count, seed, split })));
  const styles = tallyBy(attempts, ({ style }) => style);
  const firstTokens = tallyBy(attempts, ({ firstToken }) => String(firstToken));
  return {
    overall: tally('all', attempts),
    byTestSet: tallyBy(attempts, ({ problem }) => problem.testSet),
    byStyle: styles.map((one) => ({ ...one, share: one.n / attempts.length })),
    firstTokens: firstTokens.map(({ name, n }) => ({
      token: Number(name),
      text: model.tokenizer.text(Number(name)),
      share: n / attempts.length,
    })),
    cutShare: attempts.filter(({ isCut }) => isCut).length / attempts.length,
  };
}

type Asked = { readonly count: number; readonly seed: number; readonly split: ProblemSplit };

async function sample(model: LanguageModel, chat: ChatTemplate, asked: Asked): Promise<Attempt[]> {
  const problems = createProblems(asked);
  const prompts = problems.map(({ question }) => [...chat.encode(question).tokens]);
  const options = {
    maxTokens: MOST_TOKENS,
    temperature: 1,
    seed: asked.seed,
    endTokens: [...chat.stopTokens],
  };
  const answers = await generateAll(model, prompts, options);
  return answers.map(({ text, tokens, ended }, i) => {
    const style = recogniseStyle(text);
    return {
      problem: problems[i],
      firstToken: tokens[0],
      style: style ? nameStyle(style) : 'other',
      isRight: scoreExact(text, problems[i].answer),
      isCut: ended === 'length',
    };
  });
}

/** Right answers when the likeliest tokens follow the careful opening: what the model can do, without chance. */
export async function countCarefulRight(
  model: LanguageModel,
  chat: ChatTemplate,
  asked: Asked,
): Promise<number> {
  const problems = createProblems(asked);
  const opening = model.tokenizer.encode(CAREFUL_OPENING);
  const prompts = problems.map(({ question }) => [...chat.encode(question).tokens, ...opening]);
  const options = { maxTokens: MOST_TOKENS, temperature: 0, seed: 0, endTokens: [...chat.stopTokens] };
  const answers = await generateAll(model, prompts, options);
  return answers.filter(({ text }, i) => scoreExact(text, problems[i].answer) === 1).length;
}

function tallyBy(attempts: readonly Attempt[], key: (attempt: Attempt) => string): Tally[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const group = groups.get(key(attempt));
    if (group) group.push(attempt);
    else groups.set(key(attempt), [attempt]);
  }
  return [...groups].map(([name, group]) => tally(name, group)).sort((a, b) => b.n - a.n);
}

const tally = (name: string, attempts: readonly Attempt[]): Tally => ({
  name,
  accuracy: attempts.reduce((sum, { isRight }) => sum + isRight, 0) / attempts.length,
  n: attempts.length,
});
