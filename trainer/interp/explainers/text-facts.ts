/**
 * What can be said of every token of the evaluation set, as numbers: families of facts (which token, which word, what comes
 * before, which corpus, ...), each with how often every value occurs and where. Labels are built from these alone.
 */
import type { ReadableTokenizer } from '../subject.ts';
import type { EvaluationWindows } from '../windows.ts';
import { SHAPES, shapeOf } from './shapes.ts';
import { PIECES, type TokenFace, type Words, createFaces, createWords } from './words.ts';

export const FAMILIES = [
  'token',
  'core',
  'soFar',
  'word',
  'shape',
  'piece',
  'start',
  'ending',
  'previous',
  'previousShape',
  'next',
  'nextShape',
  'lineHead',
  'corpus',
  'place',
] as const;
export type FamilyName = (typeof FAMILIES)[number];

/** What a family says: of the token itself, or of where it stands. */
export const TOKEN_SIDE: readonly FamilyName[] = [
  'token',
  'core',
  'soFar',
  'word',
  'shape',
  'piece',
  'start',
  'ending',
];

export interface Family {
  readonly name: FamilyName;
  /** -1: nothing to say of this token. */
  readonly value_N: Int32Array;
  readonly size: number;
  /** Counted tokens with each value. */
  readonly count_V: Uint32Array;
  /** Where a value occurs, in reading order. */
  positions(value: number): Uint32Array;
  text(value: number): string;
}

export interface TextFacts {
  readonly windows: EvaluationWindows;
  /** Tokens that are counted. */
  readonly tokenCount: number;
  readonly families: Readonly<Record<FamilyName, Family>>;
}

/** Letters of a word's start and end that are compared; both need a longer word. */
const START_LETTERS = 4;
const ENDING_LETTERS = 3;

export function createTextFacts(
  windows: EvaluationWindows,
  tokenizer: ReadableTokenizer,
  vocabSize: number,
): TextFacts {
  const faces = createFaces(tokenizer, vocabSize);
  const words = createWords(windows, faces, tokenizer);
  const { tokens, windowLength: T, skipFirst } = windows;
  const N = tokens.length;
  const isCounted = (n: number) => windows.counted_N[n] === 1;
  const perToken = (value: (token: number) => number) => tokens.map((token) => value(token));
  const shifted = (value_N: Int32Array, by: number) =>
    value_N.map((_, n) => (sameWindow(n, n + by, T, N) ? value_N[n + by] : -1));

  const core = intern(faces.map((face) => face.core));
  const core_N = perToken((token) => core.id_V[token]);
  const shape_V = Int32Array.from(faces, (face) => shapeOf(face.text));
  const shape_N = perToken((token) => shape_V[token]);
  const start = wordPart(words, (text) =>
    text.length > START_LETTERS ? text.slice(0, START_LETTERS) : null,
  );
  const ending = wordPart(words, (text) =>
    text.length > ENDING_LETTERS + 1 ? text.slice(-ENDING_LETTERS) : null,
  );
  const isLast = (n: number) => words.piece_N[n] === 0 || words.piece_N[n] === 3;

  const make = (name: FamilyName, value_N: Int32Array, texts: readonly string[]): Family =>
    createFamily(name, value_N, texts, isCounted);
  const families: Record<FamilyName, Family> = {
    token: make(
      'token',
      tokens,
      faces.map((face) => face.text),
    ),
    core: make('core', core_N, core.texts),
    soFar: make('soFar', words.soFar_N, words.texts),
    word: make('word', words.word_N, words.texts),
    shape: make('shape', shape_N, SHAPES),
    piece: make('piece', words.piece_N, PIECES),
    start: make('start', start.part_N, start.texts),
    ending: make(
      'ending',
      ending.part_N.map((part, n) => (isLast(n) ? part : -1)),
      ending.texts,
    ),
    previous: make('previous', shifted(core_N, -1), core.texts),
    previousShape: make('previousShape', shifted(shape_N, -1), SHAPES),
    next: make('next', shifted(core_N, 1), core.texts),
    nextShape: make('nextShape', shifted(shape_N, 1), SHAPES),
    lineHead: make('lineHead', lineHeads(windows, faces, core_N), core.texts),
    corpus: make(
      'corpus',
      tokens.map((_, n) => windows.corpus_W[Math.floor(n / T)]),
      windows.corpora.map((c) => c.name),
    ),
    place: make(
      'place',
      tokens.map((_, n) => (n % T < skipFirst + 2 ? 0 : -1)),
      ['the start of the window'],
    ),
  };
  return { windows, tokenCount: windows.counted_N.reduce((sum, is) => sum + is, 0), families };
}

function sameWindow(n: number, other: number, T: number, N: number): boolean {
  return other >= 0 && other < N && Math.floor(n / T) === Math.floor(other / T);
}

function createFamily(
  name: FamilyName,
  value_N: Int32Array,
  texts: readonly string[],
  isCounted: (n: number) => boolean,
): Family {
  const size = texts.length;
  const count_V = new Uint32Array(size);
  value_N.forEach((value, n) => {
    if (value >= 0 && isCounted(n)) count_V[value] += 1;
  });
  const offsets = new Uint32Array(size + 1);
  for (let v = 0; v < size; v++) offsets[v + 1] = offsets[v] + count_V[v];
  const next = offsets.slice();
  const places = new Uint32Array(offsets[size]);
  value_N.forEach((value, n) => {
    if (value >= 0 && isCounted(n)) places[next[value]++] = n;
  });
  return {
    name,
    value_N,
    size,
    count_V,
    positions: (value) => places.subarray(offsets[value], offsets[value + 1]),
    text: (value) => texts[value],
  };
}

/** Equal texts get one number, in order of appearance. */
function intern(texts: readonly string[]): { id_V: Int32Array; texts: string[] } {
  const ids = new Map<string, number>();
  const id_V = Int32Array.from(texts, (text) => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  });
  return { id_V, texts: [...ids.keys()] };
}

function wordPart(
  words: Words,
  part: (text: string) => string | null,
): { part_N: Int32Array; texts: string[] } {
  const parts = intern(words.texts.map((text) => part(text) ?? ''));
  const part_N = words.word_N.map((word) =>
    word < 0 || part(words.texts[word]) === null ? -1 : parts.id_V[word],
  );
  return { part_N, texts: parts.texts };
}

/** For every token the first token of its line that is not blank; -1 on it, before it, and where the line began outside. */
function lineHeads(windows: EvaluationWindows, faces: readonly TokenFace[], core_N: Int32Array): Int32Array {
  const { tokens, windowLength: T } = windows;
  const BEFORE = -2;
  let head = -1;
  return tokens.map((token, n) => {
    const { text } = faces[token];
    if (n % T === 0) head = -1;
    const current = head;
    if (text.includes('\n')) head = BEFORE;
    else if (head === BEFORE && text.trim() !== '') head = core_N[n];
    return current < 0 ? -1 : current;
  });
}
