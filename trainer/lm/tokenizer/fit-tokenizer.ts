/**
 * Fits a byte-level BPE tokenizer to a weighted mixture of texts and writes it as a standard tokenizer.json.
 * Knows nothing of corpora or models: texts with weights come in.
 */
import { bytesToChars, PRE_TOKEN } from './byte-level.ts';
import { fitBpe } from './fit-bpe.ts';
import type { TokenizerJson } from './tokenizer.ts';

export const END_OF_TEXT = '<|endoftext|>';

export interface WeightedText {
  readonly text: string;
  /** How often each of its words counts. */
  readonly weight: number;
}

/** Token 0 is <|endoftext|>, 1..256 the bytes in order, then the merges in the order they were found. */
export function fitTokenizer(texts: Iterable<WeightedText>, vocabSize: number): TokenizerJson {
  const merges = fitBpe(countWords(texts), vocabSize - 257);
  const pieces = Array.from({ length: 256 }, (_, byte) => bytesToChars(Uint8Array.of(byte)));
  for (const { left, right } of merges) pieces.push(pieces[left] + pieces[right]);
  const vocab: Record<string, number> = { [END_OF_TEXT]: 0 };
  pieces.forEach((piece, i) => (vocab[piece] = i + 1));
  // A variable, so that the parts TokenizerJson does not name may stand in it.
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: 0,
        content: END_OF_TEXT,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
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

function countWords(texts: Iterable<WeightedText>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text, weight } of texts) {
    for (const [word] of text.matchAll(PRE_TOKEN)) {
      // A run of dashes or spaces as long as a line is one word; it would only make merges nobody needs.
      if (word.length <= MAX_WORD_CHARS) counts.set(word, (counts.get(word) ?? 0) + weight);
    }
  }
  return counts;
}

const MAX_WORD_CHARS = 48;
