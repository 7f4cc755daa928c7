/** A Llama with random weights continuing prompts by chance, many sequences at once: all of it, and the prompts alone. */
import { createRng } from '../../compute/rng.ts';
import { createLlamaConfig } from '../../lm/architectures/llama.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { generateAll } from '../../lm/generate.ts';
import { createModel } from '../../lm/language-model.ts';
import { createParameters } from '../../lm/parameters.ts';
import type { Tokenizer } from '../../lm/tokenizer/tokenizer.ts';
import type { Shape } from '../options.ts';
import type { Operations, SubjectInput } from './subjects.ts';

// As in peers/torch_generate.py.
const VOCABULARY = 512;
const PROMPT = 45;
const SAMPLES = 16;
export const NEW_TOKENS = 40;

export function openGenerate({ shape }: SubjectInput): Operations {
  const config = configOf(shape);
  const tokenizer = { decode: () => '' } as unknown as Tokenizer;
  const described = { slug: 'random', config, configJson: {}, sha256: '', tokenizer };
  const model = createModel({ ...described, arrays: createParameters(config, createRng(1)) });
  const [rng, samples] = [createRng(2), Math.min(SAMPLES, shape.B)];
  const prompts = Array.from({ length: Math.max(1, Math.floor(shape.B / samples)) }, () =>
    Array.from({ length: PROMPT }, () => rng.int(VOCABULARY)),
  );
  const options = { temperature: 1, seed: 3, endTokens: [], samples };
  const run = async (maxTokens: number) => {
    const all = await generateAll(model, prompts, { ...options, maxTokens });
    if (all.some(({ tokens }) => tokens.length !== maxTokens)) throw new Error('a sequence ended early');
  };
  return { generate: () => run(NEW_TOKENS), first: () => run(1) };
}

function configOf({ D, F, K }: Shape): DecoderConfig {
  const headWidth = Math.min(D, D < 512 ? 32 : 64);
  const headCount = Math.max(1, Math.floor(D / headWidth));
  return createLlamaConfig({
    vocabSize: VOCABULARY,
    hiddenWidth: D,
    layerCount: K,
    headCount,
    kvHeadCount: headCount,
    headWidth,
    mlpWidth: F,
    contextLength: PROMPT + NEW_TOKENS,
    tiedEmbeddings: true,
  });
}
