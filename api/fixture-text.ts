/** Synthetic text and a toy byte-level vocabulary for the fixture: English, TypeScript, Russian, an emoji across tokens. */

import { createHash } from 'node:crypto';

export interface FixtureCorpus {
  readonly slug: string;
  readonly name: string;
  readonly domain: string;
  readonly text: string;
}

const repeat = (lines: readonly string[], times: number) =>
  Array.from({ length: times }, () => lines.join('')).join('');

export const FIXTURE_CORPORA: readonly FixtureCorpus[] = [
  {
    slug: 'english-prose',
    name: 'English prose',
    domain: 'general',
    text: repeat(
      [
        'The river was wide and slow that morning, and nobody in the village had seen the ferry for two days. ',
        'She asked whether the package had been installed, and he said that it was the newest version of it. ',
        'When the light changes 🙂 the colour of the water does too; the fishermen say it is a sign of rain.\n\n',
        'In order to read the file you need to open it first, which is not as obvious as it sounds. ',
        'Naïve readers — and café owners — will find that the naming of things is the hardest part. ',
        '"Where were you?" she said. "I was looking for the other end of the rope," he answered.\n',
      ],
      6,
    ),
  },
  {
    slug: 'typescript-declarations',
    name: 'TypeScript declarations',
    domain: 'code',
    text: repeat(
      [
        'export interface Options {\n  readonly timeout?: number;\n  /** Called once. */\n  onError?(error: Error): void;\n}\n\n',
        'export declare function parse(input: string, options?: Options): Promise<Result>;\n',
        'export type Result = { kind: "ok"; value: string } | { kind: "error"; error: Error };\n',
        "import type { Options, Result } from './options';\n\n",
        'declare const enum Level {\n  Debug = 0,\n  Info = 1,\n}\n',
      ],
      7,
    ),
  },
  {
    slug: 'russian-messages',
    name: 'Russian messages',
    domain: 'russian',
    text: repeat(
      [
        'Не удаётся найти модуль "{0}" или соответствующие объявления типов.\n',
        'Свойство "{0}" отсутствует в типе "{1}" и является обязательным в типе "{2}".\n',
        'Ожидалось аргументов: {0}, получено: {1}. Возможно, вы забыли указать тип?\n',
        'Параметр не может ссылаться на себя 🚀 в своём инициализаторе.\n',
      ],
      8,
    ),
  },
];

export interface FixtureVocabulary {
  /** Token 0 is the end of a text, 1 to 256 are the bytes, then pieces of words, most frequent first. */
  readonly tokens: readonly Buffer[];
  encode(text: string): number[];
}

/** A word with its space, a number, a run of spaces, or one character. */
const PIECE = / ?[\p{L}]+| ?[0-9]+|\s+|[^\p{L}0-9\s]/gu;

/** Words seen often get a token; of the rare ones only the beginning, cut between bytes and not between letters. */
export function createFixtureVocabulary(texts: readonly string[]): FixtureVocabulary {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [piece] of text.matchAll(PIECE)) {
      const bytes = Buffer.from(piece).toString('latin1');
      counts.set(bytes, (counts.get(bytes) ?? 0) + 1);
      // Three bytes: cuts a Cyrillic letter in half.
      if (bytes.length > 3) counts.set(bytes.slice(0, 3), (counts.get(bytes.slice(0, 3)) ?? 0) + 1);
    }
  }
  const pieces = [...counts].filter(
    ([bytes, count]) => bytes.length > 1 && (count >= 6 || hash(bytes) % 2 === 0),
  );
  pieces.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const words = pieces.filter(([bytes]) => !isEmoji(bytes)).map(([bytes]) => bytes);
  const names = [...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)), ...words];
  const indexes = new Map(names.map((bytes, i) => [bytes, i + 1]));
  const longest = Math.max(...names.map((bytes) => bytes.length));
  return {
    tokens: [Buffer.from('<|endoftext|>'), ...names.map((bytes) => Buffer.from(bytes, 'latin1'))],
    encode(text) {
      const bytes = Buffer.from(text).toString('latin1');
      const tokens: number[] = [];
      for (let at = 0; at < bytes.length;) {
        let length = Math.min(longest, bytes.length - at);
        while (!indexes.has(bytes.slice(at, at + length))) length--;
        tokens.push(indexes.get(bytes.slice(at, at + length))!);
        at += length;
      }
      return tokens;
    },
  };
}

/** Emoji have no token of their own here, so that their four bytes lie in four tokens. */
const isEmoji = (bytes: string) => bytes.includes('\u00f0');

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** FNV-1a, 32 bits: the fixture's only source of variety, so that it is the same every time. */
export function hash(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const character of parts.join('/'))
    state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  // The last round of murmur3: neighbours must not look alike.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b) >>> 0;
  return (state ^ (state >>> 13)) >>> 0;
}

/** Between 0 and 1. */
export const fraction = (...parts: readonly (string | number)[]) => hash(...parts) / 2 ** 32;
