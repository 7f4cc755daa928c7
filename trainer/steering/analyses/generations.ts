/** Base and steered answers to the same problems, side by side, with the prompt's segments. Pure. */
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { Generation, Generations, Segment } from '../record.ts';
import type { Answer } from './answers.ts';

/** Both lists answer the same problems in the same order, once each. */
export function pairGenerations(
  base: readonly Answer[],
  steered: readonly Answer[],
  tokenizer: Pick<Tokenizer, 'decode'>,
): Pick<Generations, 'kind' | 'problems'> {
  const summarise = ({ text, isCorrect, ended }: Answer): Generation => ({ text, isCorrect, ended });
  return {
    kind: 'generations',
    problems: base.map((answer, i) => ({
      segments: joinSegments(answer, tokenizer),
      question: answer.problem.question,
      answer: answer.problem.answer,
      testSet: answer.problem.testSet,
      base: summarise(answer),
      steered: summarise(steered[i]),
    })),
  };
}

/** Neighbouring tokens of one segment make one text. */
export function joinSegments(
  { prompt, segments }: Pick<Answer, 'prompt' | 'segments'>,
  tokenizer: Pick<Tokenizer, 'decode'>,
): { segment: Segment; text: string }[] {
  const runs: { segment: Segment; tokens: number[] }[] = [];
  prompt.forEach((token, t) => {
    const last = runs.at(-1);
    if (last?.segment === segments[t]) last.tokens.push(token);
    else runs.push({ segment: segments[t], tokens: [token] });
  });
  return runs.map(({ segment, tokens }) => ({ segment, text: tokenizer.decode(tokens) }));
}
