/** Where two texts part: what they share at the beginning, the first word that differs, the rest. Pure. */
export interface Parted {
  /** The first word that the other does not have here; empty where this text has ended. */
  readonly mark: string;
  readonly rest: string;
}

export interface PartedTexts {
  readonly shared: string;
  /** Null where the texts are the same to the end. */
  readonly left: Parted | null;
  readonly right: Parted | null;
}

/** A number, a word, a stretch of white space, or one character of anything else. */
const WORD = /\p{N}+|[\p{L}\p{M}]+|\s+|[^\p{N}\p{L}\p{M}\s]/gu;

export function partTexts(left: string, right: string): PartedTexts {
  if (left === right) return { shared: left, left: null, right: null };
  const [leftWords, rightWords] = [left.match(WORD) ?? [], right.match(WORD) ?? []];
  let same = 0;
  while (same < leftWords.length && same < rightWords.length && leftWords[same] === rightWords[same]) same++;
  return {
    shared: leftWords.slice(0, same).join(''),
    left: partedFrom(leftWords, same),
    right: partedFrom(rightWords, same),
  };
}

/** White space by itself is no word to mark: the one behind it goes along. */
function partedFrom(words: readonly string[], at: number): Parted {
  const isBlank = at < words.length && /^\s+$/.test(words[at]);
  const end = at + (isBlank ? 2 : 1);
  return { mark: words.slice(at, end).join(''), rest: words.slice(end).join('') };
}
