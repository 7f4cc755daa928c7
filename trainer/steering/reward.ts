/**
 * The verifiable reward: is what stands in the last \boxed{...} the right answer? Compares numbers as numbers, exactly, and
 * everything else as normalised text. Knows nothing of models.
 */

const BOX = '\\boxed';

/** What the last closed \boxed{...} holds, braces inside it balanced; undefined without one. */
export function readBoxed(text: string): string | undefined {
  for (let at = text.lastIndexOf(BOX); at >= 0; at = at > 0 ? text.lastIndexOf(BOX, at - 1) : -1) {
    const content = readBraces(text, at + BOX.length);
    if (content !== undefined) return content.trim();
  }
  return undefined;
}

/** Spaces, then { ... }; a brace behind a backslash is a sign, not a bracket. */
function readBraces(text: string, from: number): string | undefined {
  let start = from;
  while (text[start] === ' ') start += 1;
  if (text[start] !== '{') return undefined;
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '{') depth += 1;
    else if (text[i] === '}' && --depth === 0) return text.slice(start + 1, i);
  }
  return undefined;
}

/** 1 where the text boxes the answer. 12 = 12.0 = +12 = $12$ = 12. but not 12.5 */
export function scoreExact(text: string, answer: string): 0 | 1 {
  const boxed = readBoxed(text);
  if (boxed === undefined || boxed === '') return 0;
  return normalise(boxed) === normalise(answer) ? 1 : 0;
}

/** Numbers by their digits, so that no two of them are equal by rounding. */
function normalise(answer: string): string {
  const text = answer
    .normalize('NFKC')
    .replace(/\\[,!;: ]|\s+/g, '')
    .replace(/^\$(.*)\$$/, '$1')
    .replace(/^\\text\{(.*)\}$/, '$1')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/\\left|\\right/g, '')
    .replaceAll('\u2212', '-')
    .replace(/\.$/, '');
  return normaliseNumber(text) ?? text.toLowerCase();
}

function normaliseNumber(text: string): string | undefined {
  const match = /^([+-]?)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?$/.exec(text);
  if (!match || !/\d/.test(text)) return undefined;
  const whole = match[2].replaceAll(',', '').replace(/^0+/, '') || '0';
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const size = fraction ? `${whole}.${fraction}` : whole;
  return match[1] === '-' && size !== '0' ? `-${size}` : size;
}
