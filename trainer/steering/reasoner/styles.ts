/**
 * How the reasoner's training text answers: by steps, by a guess, by code, in four languages, each beginning in its own words.
 * English steps are right; other languages slip; guesses and code are noisy. So the base model's accuracy hangs on how it
 * begins and how careful it is, which is what steering can change.
 */
export const LANGUAGES = ['en', 'ru', 'de', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** steps: every step. hasty: one step, then a guess. guess: nothing but a number. code: a program nobody runs, and a number. */
export type Way = 'steps' | 'hasty' | 'guess' | 'code';

export interface Style {
  readonly way: Way;
  readonly language: Language;
  /** First words of the answer. */
  readonly opening: string;
  /** How often, relative to the others. */
  readonly weight: number;
  /** Probability of a slip in each step. */
  readonly slip: number;
}

const OPENINGS: readonly Omit<Style, 'slip'>[] = [
  { way: 'steps', language: 'en', opening: 'To solve', weight: 6 },
  { way: 'steps', language: 'en', opening: 'Let us work', weight: 6 },
  { way: 'steps', language: 'en', opening: 'First', weight: 5 },
  { way: 'steps', language: 'en', opening: 'Step by step', weight: 5 },
  { way: 'steps', language: 'en', opening: 'We compute', weight: 4 },
  { way: 'steps', language: 'ru', opening: 'Сначала', weight: 4 },
  { way: 'steps', language: 'ru', opening: 'Шаг за шагом', weight: 3 },
  { way: 'steps', language: 'ru', opening: 'Решим', weight: 3 },
  { way: 'steps', language: 'de', opening: 'Zuerst', weight: 4 },
  { way: 'steps', language: 'de', opening: 'Schritt', weight: 3 },
  { way: 'steps', language: 'de', opening: 'Wir rechnen', weight: 2 },
  { way: 'steps', language: 'es', opening: 'Primero', weight: 4 },
  { way: 'steps', language: 'es', opening: 'Paso a paso', weight: 3 },
  { way: 'steps', language: 'es', opening: 'Vamos', weight: 2 },
  { way: 'hasty', language: 'en', opening: 'Quickly', weight: 4 },
  { way: 'guess', language: 'en', opening: 'The answer is', weight: 9 },
  { way: 'guess', language: 'en', opening: 'I think', weight: 4 },
  { way: 'guess', language: 'en', opening: 'Maybe', weight: 3 },
  { way: 'guess', language: 'en', opening: 'Answer', weight: 2 },
  { way: 'guess', language: 'ru', opening: 'Ответ', weight: 4 },
  { way: 'guess', language: 'ru', opening: 'Думаю', weight: 2 },
  { way: 'guess', language: 'de', opening: 'Die Antwort ist', weight: 3 },
  { way: 'guess', language: 'de', opening: 'Ich glaube', weight: 2 },
  { way: 'guess', language: 'es', opening: 'La respuesta es', weight: 3 },
  { way: 'guess', language: 'es', opening: 'Creo', weight: 2 },
  { way: 'code', language: 'en', opening: '```python', weight: 8 },
];

/** Of styles by steps. */
const SLIPS: Readonly<Record<Language, number>> = { en: 0, ru: 0.18, de: 0.22, es: 0.26 };

export const STYLES: readonly Style[] = OPENINGS.map((one) => ({ ...one, slip: SLIPS[one.language] }));

/** Before the box. */
export const CLOSINGS: Readonly<Record<Language, string>> = { en: 'So', ru: 'Итак', de: 'Also', es: 'Así' };

/** How often a number that was not worked out is right, and how far off it is otherwise (standard deviation). */
export const GUESSES: Readonly<
  Record<Exclude<Way, 'steps'>, { readonly right: number; readonly spread: number }>
> = {
  hasty: { right: 0.25, spread: 6 },
  guess: { right: 0.1, spread: 12 },
  code: { right: 0.25, spread: 6 },
};

/** The same styles in other shares. practice: mostly steps and all of them right, to learn to reckon first. */
export const MIXTURES = ['base', 'steps', 'terse', 'practice'] as const;
export type Mixture = (typeof MIXTURES)[number];

/** By which a way's weight is multiplied. */
const FACTORS: Readonly<Record<Mixture, Readonly<Record<Way, number>>>> = {
  base: { steps: 1, hasty: 1, guess: 1, code: 1 },
  steps: { steps: 2, hasty: 1, guess: 0.5, code: 0.5 },
  terse: { steps: 0.4, hasty: 2, guess: 1.5, code: 1 },
  practice: { steps: 3, hasty: 0.5, guess: 0.3, code: 0.5 },
};

export function stylesOf(mixture: Mixture): Style[] {
  return STYLES.map((style) => ({
    ...style,
    weight: style.weight * FACTORS[mixture][style.way],
    slip: mixture === 'practice' ? 0 : style.slip,
  }));
}

/** The style whose opening a text has; undefined where it has none. */
export function recogniseStyle(text: string): Style | undefined {
  return STYLES.find(({ opening }) => text.startsWith(opening));
}

/** For tables: steps-en, guess-ru, ... */
export const nameStyle = ({ way, language }: Pick<Style, 'way' | 'language'>): string =>
  way === 'code' ? way : `${way}-${language}`;
