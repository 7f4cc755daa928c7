/** The words of the evaluation windows: runs of letter tokens, put together from bytes because a token may hold half a character. */
import type { ReadableTokenizer } from '../subject.ts';
import type { EvaluationWindows } from '../windows.ts';

/** What a token is by itself. */
export interface TokenFace {
  /** As it is written. */
  readonly text: string;
  /** Without surrounding blanks, lower case; the text itself where nothing else is in it. */
  readonly core: string;
  readonly isLetters: boolean;
  readonly startsWithBlank: boolean;
}

export function createFaces(tokenizer: ReadableTokenizer, vocabSize: number): TokenFace[] {
  return Array.from({ length: vocabSize }, (_, token) => {
    const decoded = tokenizer.text(token);
    const text = /^\s*\uFFFD+$/u.test(decoded) ? nameBytes(tokenizer.bytes(token)) : decoded;
    const bare = text.trim();
    return {
      text,
      core: bare === '' ? text : bare.toLowerCase(),
      isLetters: /^[\p{L}\p{M}\uFFFD_$]+$/u.test(decoded.trim()),
      startsWithBlank: bare !== text.trimEnd(),
    };
  });
}

/** Pieces of characters all decode to the same sign: their bytes tell them apart. */
function nameBytes(bytes: Uint8Array): string {
  return `\uFFFD${Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')}`;
}

/** The place of a token in its word. */
export const PIECES = [
  'whole words',
  'first pieces of words',
  'middle pieces of words',
  'last pieces of words',
] as const;

export interface Words {
  /** Lower-cased words and their beginnings, in order of appearance. */
  readonly texts: readonly string[];
  /** Index into texts, -1 where a token is in no word. */
  readonly word_N: Int32Array;
  /** The word up to and with this token; -1 on the first piece, which says no more than the token. */
  readonly soFar_N: Int32Array;
  /** Index into PIECES, -1 likewise. */
  readonly piece_N: Int32Array;
}

export function createWords(
  windows: EvaluationWindows,
  faces: readonly TokenFace[],
  tokenizer: ReadableTokenizer,
): Words {
  const { windowLength: T, tokens } = windows;
  const word_N = new Int32Array(tokens.length).fill(-1);
  const piece_N = new Int32Array(tokens.length).fill(-1);
  const ids = new Map<string, number>();
  const decoder = new TextDecoder();
  const soFar_N = new Int32Array(tokens.length).fill(-1);

  const intern = (from: number, to: number): number => {
    const bytes = Array.from(tokens.subarray(from, to), (token) => [...tokenizer.bytes(token)]).flat();
    const text = decoder.decode(Uint8Array.from(bytes)).trim().toLowerCase();
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  };

  const close = (from: number, to: number): void => {
    word_N.fill(intern(from, to), from, to);
    for (let n = from; n < to; n++) {
      piece_N[n] = pieceOf(n, from, to);
      if (n > from) soFar_N[n] = intern(from, n + 1);
    }
  };

  let from = -1;
  for (let n = 0; n <= tokens.length; n++) {
    const face = n < tokens.length ? faces[tokens[n]] : undefined;
    const isInside = face !== undefined && face.isLetters;
    const isBoundary = n % T === 0 || !isInside || face.startsWithBlank;
    if (from >= 0 && isBoundary) {
      close(from, n);
      from = -1;
    }
    if (isInside && from < 0) from = n;
  }
  return { texts: [...ids.keys()], word_N, soFar_N, piece_N };
}

function pieceOf(n: number, from: number, to: number): number {
  if (to - from === 1) return 0;
  if (n === from) return 1;
  return n === to - 1 ? 3 : 2;
}
