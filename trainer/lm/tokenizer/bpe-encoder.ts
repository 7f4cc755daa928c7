/**
 * Encodes text with byte-level BPE merges: pre-tokens by the GPT-2 pattern, each merged by rank once and remembered.
 */
import { bytesToChars, PRE_TOKEN } from './byte-level.ts';
import type { TokenizerJson } from './tokenizer.ts';

/** Real text repeats its words; past this many distinct ones the cache starts anew instead of growing for ever. */
const MAX_CACHED_WORDS = 200_000;

export function createBpeEncoder({ model, added_tokens = [] }: TokenizerJson): (text: string) => number[] {
  const ranks = new Map(
    model.merges.map((merge, rank) => [typeof merge === 'string' ? merge : merge.join(' '), rank]),
  );
  const special = new Map(added_tokens.map(({ content, id }) => [content, id]));
  const splitSpecial = createSplitter([...special.keys()]);
  let cache = new Map<string, readonly number[]>();

  const encodeWord = (word: string): readonly number[] => {
    const known = cache.get(word);
    if (known) return known;
    const pieces = mergePieces([...bytesToChars(Buffer.from(word, 'utf8'))], ranks);
    const ids = pieces.map((piece) => idOf(model.vocab, piece));
    if (cache.size >= MAX_CACHED_WORDS) cache = new Map();
    cache.set(word, ids);
    return ids;
  };

  return (text) => {
    const ids: number[] = [];
    for (const part of splitSpecial(text)) {
      const id = special.get(part);
      if (id !== undefined) ids.push(id);
      else for (const [word] of part.matchAll(PRE_TOKEN)) for (const one of encodeWord(word)) ids.push(one);
    }
    return ids;
  };
}

/** Added tokens are found before anything else, the longest first. */
function createSplitter(contents: readonly string[]): (text: string) => string[] {
  if (contents.length === 0) return (text) => [text];
  const escaped = [...contents]
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(${escaped.join('|')})`);
  return (text) => text.split(pattern).filter((part) => part !== '');
}

function mergePieces(pieces: string[], ranks: ReadonlyMap<string, number>): string[] {
  while (pieces.length > 1) {
    let bestRank = Infinity;
    let best = -1;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = ranks.get(`${pieces[i]} ${pieces[i + 1]}`);
      if (rank !== undefined && rank < bestRank) [bestRank, best] = [rank, i];
    }
    if (best < 0) break;
    pieces.splice(best, 2, pieces[best] + pieces[best + 1]);
  }
  return pieces;
}

function idOf(vocab: Readonly<Record<string, number>>, piece: string): number {
  const id = vocab[piece];
  if (id === undefined)
    throw new Error(`The vocabulary lacks the piece "${piece}": expected every byte to be in it.`);
  return id;
}
