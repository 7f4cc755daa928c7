import { describe, expect, it } from 'vitest';
import { createRng } from '../../compute/rng.ts';
import type { FeatureActs } from '../act-table.ts';
import { createToyTokenizer } from '../toy-subject.ts';
import { type EvaluationWindows, pickWindows } from '../windows.ts';
import { type Condition, baseOf, holds, informationBits } from './rule.ts';
import { createTextFacts } from './text-facts.ts';
import { type Explained, createTokenStatistics } from './token-statistics.ts';
import { describeRule, quote } from './wording.ts';

const PROSE = [
  ...[' the', ' of', ' house', ' tree', ' run', 'ning', ' config', 'uration'],
  ...[' walking', ' talking', ' making', ' taking', ' reading', ' writing', ' hurt', ' bet'],
  ...[' declares', ' declared', ' declaring', ' declaration', ' declarative', ' declarable'],
];
const SHARED = ['.', '\n'];
const CODE = [' return', '{', '}', ' import', 'export', ' 12', '7', ' get', 'Name', ';', '  '];
const RUSSIAN = [' про', 'чита', 'ть', ' дела', ' файл', ' не'];
const VOCABULARY = [...PROSE, ...SHARED, ...CODE, ...RUSSIAN];
const T = 32;
const K = 4;
const id = (text: string) => VOCABULARY.indexOf(text);

function randomText(seed: number, words: readonly string[], length: number): Uint16Array {
  const rng = createRng(seed);
  return Uint16Array.from({ length }, () => id(rng.next() < 0.08 ? '\n' : words[rng.int(words.length)]));
}

const windows = pickWindows(
  [
    { corpus: 'prose', name: 'English prose', tokens: randomText(1, [...PROSE, '.'], 200 * T) },
    { corpus: 'code', name: 'TypeScript', tokens: randomText(2, [...CODE, '.'], 200 * T) },
    { corpus: 'russian', name: 'Russian', tokens: randomText(3, RUSSIAN, 200 * T) },
  ],
  { windowLength: T, tokenCount: 600 * T, skipFirst: 1 },
);
const facts = createTextFacts(windows, createToyTokenizer(VOCABULARY), VOCABULARY.length);
const explain = createTokenStatistics(facts, { k: K, seed: 1 });

const textAt = (n: number) => VOCABULARY[windows.tokens[n]];
const slugAt = (w: EvaluationWindows, n: number) => w.corpora[w.corpus_W[Math.floor(n / T)]].slug;

/** A feature that acts where `when` says, with noise: 5 % weak acts anywhere. */
function actsWhere(when: (n: number) => boolean): FeatureActs {
  const rng = createRng(9);
  const entries: number[] = [];
  const acts: number[] = [];
  for (let n = 0; n < windows.tokens.length; n++) {
    if (windows.counted_N[n] === 0) continue;
    const acting = when(n);
    if (!acting && rng.next() > 0.05) continue;
    entries.push(n * K + (acting ? 0 : 3));
    acts.push(acting ? 2 + rng.next() : 0.3 * rng.next());
  }
  return { feature: 0, acts: Float32Array.from(acts), entries: Uint32Array.from(entries) };
}

const explained = (when: (n: number) => boolean) => explain(actsWhere(when)) as Explained;
const labelOf = (when: (n: number) => boolean) => explained(when).label.text;

describe('token statistics', () => {
  it.each<[string, string, (n: number) => boolean]>([
    ['one token', '“house”', (n) => textAt(n) === ' house'],
    ['a few tokens', '“the” / “of”', (n) => [' the', ' of'].includes(textAt(n))],
    [
      'a token after a token',
      '“return” after “{”',
      (n) => textAt(n) === ' return' && textAt(n - 1) === '{' && n % T > 0,
    ],
    ['any token after a token', 'any token after “import”', (n) => n % T > 0 && textAt(n - 1) === ' import'],
    [
      'any token before a token',
      'any token before “import”',
      (n) => n % T < T - 1 && textAt(n + 1) === ' import',
    ],
    ['a class of characters', 'Cyrillic letters', (n) => /[а-я]/.test(textAt(n))],
    ['numbers', 'numbers', (n) => /\d/.test(textAt(n))],
    [
      'a token in one corpus',
      '“.” · English prose',
      (n) => textAt(n) === '.' && slugAt(windows, n) === 'prose',
    ],
    ['a corpus', 'any token · English prose', (n) => slugAt(windows, n) === 'prose'],
    [
      'lines with a head',
      'any token on lines starting with “export”',
      (n) => {
        let head = n - 1;
        while (head > n - (n % T) && textAt(head) !== '\n') head -= 1;
        if (textAt(head) !== '\n' || textAt(n) === '\n') return false;
        while (head < n && textAt(head).trim() === '') head += 1;
        return head < n && textAt(head) === 'export';
      },
    ],
  ])('names %s', (_, expected, when) => {
    expect(labelOf(when)).toBe(expected);
  });

  it('names words put together from several tokens', () => {
    const isAfter = (n: number, text: string, before: string) =>
      textAt(n) === text && n % T > 1 && textAt(n - 1) === before;
    expect(labelOf((n) => isAfter(n, 'uration', ' config'))).toBe('“configuration”');
    expect(labelOf((n) => isAfter(n, 'ть', 'чита') && textAt(n - 2) === ' про')).toBe('“прочитать”');
  });

  it('scores a rule that holds near 1 and says what was judged', () => {
    const { score, label } = explained((n) => textAt(n) === ' house');
    expect(score.status).toBe('ok');
    expect(score.value).toBeGreaterThan(0.99);
    expect(score.labelVersion).toBe(label.version);
    expect(score.exampleCount).toBe(
      (score.detail.positiveCount as number) + (score.detail.negativeCount as number),
    );
  });

  it('scores a feature without a pattern near one half', () => {
    const rng = createRng(12);
    const { score } = explained(() => rng.next() < 0.1);
    expect(score.value).toBeGreaterThan(0.3);
    expect(score.value).toBeLessThan(0.7);
  });

  it('says nothing of a silent feature, and does not score one seen a few times', () => {
    expect(explain({ feature: 0, acts: new Float32Array(0), entries: new Uint32Array(0) })).toBeNull();
    const once = explain({
      feature: 0,
      acts: Float32Array.of(1),
      entries: Uint32Array.of(5 * K),
    }) as Explained;
    expect(once.score).toMatchObject({ status: 'not_enough_examples', value: null, exampleCount: 0 });
    expect(once.label.text).not.toBe('');
  });

  it('is not changed by features explained before', () => {
    const fresh = createTokenStatistics(facts, { k: K, seed: 1 });
    const acts = actsWhere((n) => textAt(n) === ' tree');
    expect(explain(acts)).toEqual(fresh(acts));
  });
});

describe('rules', () => {
  it('are worth the bits by which they beat chance', () => {
    expect(informationBits(1, 0.25)).toBeCloseTo(2, 6);
    expect(informationBits(0.5, 0.25)).toBeCloseTo(0.5 + 0.5 * Math.log2(0.5 / 0.75), 9);
    expect(informationBits(0.2, 0.5)).toBe(0);
  });

  it('know how often their conditions meet', () => {
    const conditions: Condition[] = [
      { family: facts.families.core, values: [facts.families.core.value_N[windows.tokens.indexOf(id('.'))]] },
      { family: facts.families.corpus, values: [0] },
    ];
    let met = 0;
    windows.tokens.forEach((_, n) => {
      if (windows.counted_N[n] === 1 && holds(conditions, n)) met += 1;
    });
    expect(baseOf(conditions, facts.tokenCount)).toBeCloseTo(met / facts.tokenCount, 9);
  });
});

describe('wording', () => {
  it('says line breaks of several indentations once', () => {
    const texts = ['\n   ', '\n ', ';'];
    const family = { ...facts.families.core, text: (value: number) => texts[value] };
    const rule = { conditions: [{ family, values: [0, 1, 2] }], coverage: 1, base: 0, bits: 9 };
    expect(describeRule(rule)).toBe('a line break and 1 / 3 spaces / “;”');
  });

  it('says blanks in words and trims the rest', () => {
    expect(quote(' return')).toBe('“return”');
    expect(quote('\n')).toBe('a line break');
    expect(quote('\n\n  ')).toBe('a blank line and 2 spaces');
    expect(quote('    ')).toBe('4 spaces');
    expect(quote('\uFFFDd0 be')).toBe('half a character (D0 BE)');
  });
});
