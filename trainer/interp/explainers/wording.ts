/** Rules in words a visitor would search for: “return” after “{”, words ending in “-ing”, any token after “import” · TypeScript. */
import type { Condition, Rule } from './rule.ts';
import type { FamilyName } from './family.ts';

/** Below it the rule is only a tendency and the words say so. */
const MOST = 0.5;

const PHRASES: Record<FamilyName, (values: string[]) => string> = {
  token: (values) => list(values.map(quote)),
  core: (values) => list(values.map(quote)),
  soFar: (values) => list(values.map(quote)),
  word: (values) => `the word ${list(values.map(quote))}`,
  shape: (values) => list(values),
  piece: (values) => list(values),
  start: (values) => `words starting with ${list(values.map(quote))}`,
  ending: (values) => `words ending in ${list(values.map((value) => `“-${value}”`))}`,
  previous: (values) => `after ${list(values.map(quote))}`,
  previousShape: (values) => `after ${list(values)}`,
  next: (values) => `before ${list(values.map(quote))}`,
  nextShape: (values) => `before ${list(values)}`,
  lineHead: (values) => `on lines starting with ${list(values.map(quote))}`,
  place: (values) => `at ${list(values)}`,
  corpus: (values) => `· ${list(values)}`,
};

/** Token side first, then where it stands, then the corpus. */
const ORDER = Object.keys(PHRASES) as FamilyName[];

const TOKEN_SIDE_COUNT = ORDER.indexOf('previous');

export function describeRule({ conditions, coverage }: Rule): string {
  const rank = (condition: Condition) => ORDER.indexOf(condition.family.name);
  const sorted = [...conditions].sort((a, b) => rank(a) - rank(b));
  const phrases = sorted.map(({ family, values }) =>
    PHRASES[family.name](values.map((value) => family.text(value))),
  );
  if (rank(sorted[0]) >= TOKEN_SIDE_COUNT) phrases.unshift('any token');
  return `${coverage < MOST ? 'often ' : ''}${phrases.join(' ')}`;
}

/** A token between quotation marks; blanks, which quotation marks would hide, in words; pieces of characters as bytes. */
export function quote(text: string): string {
  const bare = text.trim();
  if (/^\uFFFD[0-9a-f ]+$/iu.test(bare)) return `half a character (${bare.slice(1).toUpperCase()})`;
  if (bare !== '') return `“${bare}”`;
  const lines = text.split('\n').length - 1;
  const spaces = text.length - text.lastIndexOf('\n') - 1;
  const breaks = lines > 1 ? 'a blank line' : lines === 1 ? 'a line break' : '';
  const blanks = text.includes('\t')
    ? 'a tab'
    : spaces === 1
      ? 'a space'
      : spaces > 1
        ? `${spaces} spaces`
        : '';
  return [breaks, blanks].filter(Boolean).join(' and ') || 'an empty token';
}

/** Line breaks that differ in their indentation alone are said once: a line break and 1 / 3 / 5 spaces. */
function list(values: readonly string[]): string {
  const indented = values.filter((value) => INDENTED.test(value));
  if (indented.length < 2) return [...new Set(values)].join(' / ');
  const widths = indented.map((value) => Number(INDENTED.exec(value)?.[1].replace('a', '1')));
  const merged = `a line break and ${widths.sort((a, b) => a - b).join(' / ')} spaces`;
  return [merged, ...values.filter((value) => !INDENTED.test(value))].join(' / ');
}

const INDENTED = /^a line break and (a|\d+) spaces?$/;
