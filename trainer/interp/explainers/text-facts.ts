/**
 * What can be said of every token of the evaluation set: itself, its word, what stands around it, where it stands. Labels
 * are built from these families of facts alone.
 */
import type { ReadableTokenizer } from '../subject.ts';
import type { EvaluationWindows } from '../windows.ts';
import { type Family, type FamilyName, createFamily, intern } from './family.ts';
import { SHAPES, shapeOf } from './shapes.ts';
import { PIECES, type TokenFace, type Words, createFaces, createWords } from './words.ts';

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
  const facts = [...tokenFacts(windows, tokenizer, vocabSize), ...placeFacts(windows)];
  const families = facts.map(([name, value_N, texts]) => [
    name,
    createFamily(name, value_N, texts, windows.counted_N),
  ]);
  return {
    windows,
    tokenCount: windows.counted_N.reduce((sum, isCounted) => sum + isCounted, 0),
    families: Object.fromEntries(families) as Record<FamilyName, Family>,
  };
}

/** Name, value of every token, text of every value. */
type Fact = readonly [FamilyName, Int32Array, readonly string[]];

function tokenFacts(windows: EvaluationWindows, tokenizer: ReadableTokenizer, vocabSize: number): Fact[] {
  const { tokens } = windows;
  const faces = createFaces(tokenizer, vocabSize);
  const words = createWords(windows, faces, tokenizer);
  const core = intern(faces.map((face) => face.core));
  const core_N = tokens.map((token) => core.id_V[token]);
  const shape_V = faces.map((face) => shapeOf(face.text));
  const shape_N = tokens.map((token) => shape_V[token]);
  const start = wordPart(words, (text) =>
    text.length > START_LETTERS ? text.slice(0, START_LETTERS) : null,
  );
  const ending = wordPart(words, (text) =>
    text.length > ENDING_LETTERS + 1 ? text.slice(-ENDING_LETTERS) : null,
  );
  const isLastPiece = (n: number) => words.piece_N[n] === 0 || words.piece_N[n] === 3;
  const texts = faces.map((face) => face.text);
  return [
    ['token', tokens, texts],
    ['core', core_N, core.texts],
    ['soFar', words.soFar_N, words.texts],
    ['word', words.word_N, words.texts],
    ['shape', shape_N, SHAPES],
    ['piece', words.piece_N, PIECES],
    ['start', start.part_N, start.texts],
    ['ending', ending.part_N.map((part, n) => (isLastPiece(n) ? part : -1)), ending.texts],
    ['previous', shift(core_N, -1, windows), core.texts],
    ['previousShape', shift(shape_N, -1, windows), SHAPES],
    ['next', shift(core_N, 1, windows), core.texts],
    ['nextShape', shift(shape_N, 1, windows), SHAPES],
    ['lineHead', lineHeads(windows, faces, core_N), core.texts],
  ];
}

/** The first tokens after those that do not count are told apart: there a model sees hardly any text before. */
const START_TOKENS = 2;

function placeFacts({ tokens, corpus_W, corpora, windowLength: T, skipFirst }: EvaluationWindows): Fact[] {
  const names = corpora.map(({ name }) => name);
  const isStart = (n: number) => n % T < skipFirst + START_TOKENS;
  return [
    ['corpus', tokens.map((_, n) => corpus_W[Math.floor(n / T)]), names],
    ['place', tokens.map((_, n) => (isStart(n) ? 0 : -1)), ['the start of the window']],
  ];
}

/** The values `by` tokens further on; -1 outside the window. */
function shift(value_N: Int32Array, by: number, { windowLength: T }: EvaluationWindows): Int32Array {
  return value_N.map((_, n) => {
    const isInside = (n % T) + by >= 0 && (n % T) + by < T;
    return isInside ? value_N[n + by] : -1;
  });
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
