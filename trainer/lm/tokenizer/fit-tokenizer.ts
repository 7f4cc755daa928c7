/**
 * Fits a byte-level BPE tokenizer to a weighted mixture of texts and writes it as a standard tokenizer.json.
 * Knows nothing of corpora or models: texts with weights come in.
 */
import { bytesToChars, PRE_TOKEN } from './byte-level.ts';
import { fitBpe } from './fit-bpe.ts';
import { toJavaScriptPattern } from './pre-token-pattern.ts';
import type { TokenizerJson } from './tokenizer.ts';

export const END_OF_TEXT = '<|endoftext|>';

export interface WeightedText {
  readonly text: string;
  /** How often each of its words counts. */
  readonly weight: number;
}

export interface TokenizerOptions {
  /** The first ids, in order; <|endoftext|> when absent. */
  readonly specialTokens?: readonly string[];
  /** What merges never cross, in the syntax of tokenizer.json; GPT-2's words when absent. */
  readonly pattern?: string;
}

/** The special tokens, the 256 bytes in order, then the merges in the order they were found: fewer where no pair is left. */
export function fitTokenizer(
  texts: Iterable<WeightedText>,
  vocabSize: number,
  { specialTokens = [END_OF_TEXT], pattern }: TokenizerOptions = {},
): TokenizerJson {
  const first = specialTokens.length;
  const merges = fitBpe(countWords(texts, wordsOf(pattern)), vocabSize - 256 - first);
  const pieces = Array.from({ length: 256 }, (_, byte) => bytesToChars(Uint8Array.of(byte)));
  for (const { left, right } of merges) pieces.push(pieces[left] + pieces[right]);
  const vocab: Record<string, number> = Object.fromEntries(specialTokens.map((content, id) => [content, id]));
  pieces.forEach((piece, i) => (vocab[piece] = i + first));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  // A variable, so that the parts TokenizerJson does not name may stand in it.
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer:
      pattern === undefined
        ? { ...byteLevel, use_regex: true }
        : {
            type: 'Sequence',
            pretokenizers: [
              { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
              { ...byteLevel, use_regex: false },
            ],
          },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: merges.map(({ left, right }) => [pieces[left], pieces[right]] as const),
    },
  };
  return file;
}

/** What transformers and @huggingface/tokenizers want beside tokenizer.json. */
export const TOKENIZER_CONFIG = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  add_prefix_space: false,
  bos_token: null,
  eos_token: END_OF_TEXT,
  clean_up_tokenization_spaces: false,
  model_max_length: 256,
};

function wordsOf(pattern: string | undefined): RegExp {
  const words = pattern === undefined ? PRE_TOKEN : toJavaScriptPattern(pattern);
  if (words) return words;
  throw new Error(
    `Pattern of a tokenizer: expected one that means the same in JavaScript, got ${pattern}. Use simpler constructs.`,
  );
}

function countWords(texts: Iterable<WeightedText>, words: RegExp): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text, weight } of texts) {
    for (const [word] of text.matchAll(words)) {
      // A run of dashes or spaces as long as a line is one word; it would only make merges nobody needs.
      if (word.length <= MAX_WORD_CHARS) counts.set(word, (counts.get(word) ?? 0) + weight);
    }
  }
  return counts;
}

const MAX_WORD_CHARS = 48;
