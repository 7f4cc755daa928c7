/**
 * A corpus as one long row of token ids, documents in order with the tokenizer's end-of-text between them, one row per
 * split. Windows and positions are counted in it.
 */
import type { Tokenizer } from '../lm/tokenizer/tokenizer.ts';
import { splitOf, type Corpus, type Split } from './corpus.ts';

export interface TokenStream {
  /** Slug. */
  readonly corpus: string;
  readonly split: Split;
  readonly tokens: Uint16Array | Uint32Array;
}

export function tokenizeCorpus(corpus: Corpus, tokenizer: Tokenizer): Record<Split, TokenStream> {
  return {
    train: tokenizeSplit(corpus, tokenizer, 'train'),
    'held-out': tokenizeSplit(corpus, tokenizer, 'held-out'),
  };
}

export function tokenizeSplit(corpus: Corpus, tokenizer: Tokenizer, split: Split): TokenStream {
  const texts = corpus.documents.filter(({ id }) => splitOf(id) === split).map(({ text }) => text);
  return { corpus: corpus.slug, split, tokens: tokenizeTexts(texts, tokenizer) };
}

/** Every text is followed by end-of-text, so that a window shows where one ends. */
export function tokenizeTexts(texts: readonly string[], tokenizer: Tokenizer): Uint16Array | Uint32Array {
  const ids: number[] = [];
  for (const text of texts) {
    for (const id of tokenizer.encode(text)) ids.push(id);
    if (tokenizer.endOfText !== undefined) ids.push(tokenizer.endOfText);
  }
  return tokenizer.vocabSize <= 65_536 ? Uint16Array.from(ids) : Uint32Array.from(ids);
}
