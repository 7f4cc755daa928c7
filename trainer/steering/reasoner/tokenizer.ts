/**
 * The reasoner's own tokenizer: byte-level BPE fitted to its text, one token for each digit, operator and bracket, one for
 * each word that it begins or ends with; and its ChatML template.
 */
import { createRng } from '../../compute/rng.ts';
import { END_OF_TEXT, fitTokenizer, type WeightedText } from '../../lm/tokenizer/fit-tokenizer.ts';
import type { TokenizerJson } from '../../lm/tokenizer/tokenizer.ts';
import { SYSTEM_PROMPT } from '../chat.ts';
import { pickStyle, writeAnswer } from './answers.ts';
import { drawProblem } from './problems.ts';
import { STYLES } from './styles.ts';

export const TURN_START = '<|im_start|>';
export const TURN_END = '<|im_end|>';

/** Merges never cross: words, the box's opening, a fence of code, a stop with its space; every other sign by itself. */
const PATTERN = '```(?:python)?| ?\\\\boxed\\{| ?\\p{L}+|[:.] |\\p{N}|[^\\s\\p{L}\\p{N}]|\\s';

const TEXTS = 4000;

export function fitReasonerTokenizer(vocabSize: number, seed: number): TokenizerJson {
  return fitTokenizer(listTexts(seed), vocabSize, {
    specialTokens: [END_OF_TEXT, TURN_START, TURN_END],
    pattern: PATTERN,
  });
}

function* listTexts(seed: number): Iterable<WeightedText> {
  const rng = createRng(seed);
  for (let i = 0; i < TEXTS; i++) {
    const { question, expression } = drawProblem(rng, 'train');
    const answer = writeAnswer(expression, pickStyle(STYLES, rng), rng);
    for (const text of ['system\n', SYSTEM_PROMPT, 'user\n', question, 'assistant\n', answer])
      yield { text, weight: 1 };
  }
}

/** What transformers reads beside tokenizer.json. The template is Qwen 2.5's, without tools. */
export const createTokenizerConfig = (contextLength: number) => ({
  tokenizer_class: 'PreTrainedTokenizerFast',
  add_prefix_space: false,
  bos_token: null,
  eos_token: TURN_END,
  pad_token: END_OF_TEXT,
  clean_up_tokenization_spaces: false,
  model_max_length: contextLength,
  chat_template:
    `{% for message in messages %}{{ '${TURN_START}' + message['role'] + '\\n' + message['content'] + '${TURN_END}\\n' }}{% endfor %}` +
    `{% if add_generation_prompt %}{{ '${TURN_START}assistant\\n' }}{% endif %}`,
});
