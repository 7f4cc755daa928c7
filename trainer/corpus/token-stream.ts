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

/** A document longer than this is encoded piece by piece, cut at line ends. */
const PIECE_CHARS = 65_536;

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
    for (const piece of splitPieces(text)) for (const id of tokenizer.encode(piece)) ids.push(id);
    if (tokenizer.endOfText !== undefined) ids.push(tokenizer.endOfText);
  }
  return tokenizer.vocabSize <= 65_536 ? Uint16Array.from(ids) : Uint32Array.from(ids);
}

/** A line end followed by a letter is a boundary of pre-tokens too, so the ids are those of the whole text. */
function splitPieces(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > PIECE_CHARS) {
    const boundary = /\n(?=\p{L})/gu;
    boundary.lastIndex = start + PIECE_CHARS;
    const match = boundary.exec(text);
    if (!match) break;
    pieces.push(text.slice(start, match.index + 1));
    start = match.index + 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}
