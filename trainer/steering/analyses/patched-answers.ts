/** Answers to problems under a patched last layer, judged as all others are. */
import type { LanguageModel } from '../../lm/language-model.ts';
import type { Problem } from '../problem.ts';
import type { Share } from '../record.ts';
import { isCorrect } from '../rewards.ts';
import { wilsonShare } from '../statistics/wilson.ts';
import type { Asking } from './answers.ts';
import { writePatched, type Patch } from './patched-generation.ts';

/** Bounds what is held at once: keys and values of this many sequences, in three caches at most. */
const MOST_ROWS = 256;

/** The same problems and seeds give the base's answers in mode base, the steered model's in mode steered. */
export function measurePatched(
  model: LanguageModel,
  patch: Patch,
  problems: readonly Problem[],
  { chat, samples, ...sampling }: Asking,
): Share {
  const asked = problems.flatMap((problem) => new Array<Problem>(samples).fill(problem));
  let right = 0;
  for (let first = 0; first < asked.length; first += MOST_ROWS) {
    const some = asked.slice(first, first + MOST_ROWS);
    const prompts = some.map(({ question }) => chat.encode(question).tokens);
    const endTokens = chat.stopTokens;
    const written = writePatched(model, patch, prompts, {
      ...sampling,
      seed: sampling.seed + first,
      endTokens,
    });
    written.forEach((tokens, i) => {
      const hasEnded = endTokens.includes(tokens.at(-1)!);
      const text = model.tokenizer.decode(hasEnded ? tokens.slice(0, -1) : tokens);
      right += Number(isCorrect({ text, ended: hasEnded ? 'end' : 'length' }, some[i]));
    });
  }
  return wilsonShare(right, asked.length);
}
