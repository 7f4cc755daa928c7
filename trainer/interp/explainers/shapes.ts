/** Kinds of tokens by their characters: one per token, the first that fits. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['line breaks', /^[^\S\n]*\n\s*$/u],
  ['indentation', /^\s+$/u],
  ['half characters', /\uFFFD/u],
  ['numbers', /^\s*\p{N}+$/u],
  ['opening brackets', /^\s*[\p{Ps}<]+$/u],
  ['closing brackets', /^\s*[\p{Pe}>]+$/u],
  ['quotation marks', /^\s*["'`«»„“”‘’]+$/u],
  ['sentence ends', /^\s*[.!?…]+$/u],
  ['punctuation', /^[\s\p{P}\p{S}]+$/u],
  ['Cyrillic letters', /\p{Script=Cyrillic}/u],
  ['Chinese characters', /\p{Script=Han}/u],
  ['Japanese kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['Korean letters', /\p{Script=Hangul}/u],
  ['Greek letters', /\p{Script=Greek}/u],
  ['accented letters', /[\u00C0-\u024F]/u],
  ['capital letters', /^\s*\p{Lu}{2,}$/u],
  ['capitalised words', /^\s*\p{Lu}\p{Ll}*$/u],
  ['lower-case letters', /^\s*\p{Ll}+$/u],
];

export const SHAPES: readonly string[] = [...KINDS.map(([name]) => name), 'mixed characters'];

/** Index into SHAPES. */
export function shapeOf(text: string): number {
  const found = KINDS.findIndex(([, pattern]) => pattern.test(text));
  return found < 0 ? KINDS.length : found;
}
