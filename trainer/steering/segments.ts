/**
 * Which token of a rendered conversation belongs to the system's words, to the question, or to the template itself. The
 * places are found by rendering marks in place of the texts, so any template will do; tokens are placed by their bytes.
 */
import type { Tokenizer } from '../lm/tokenizer/tokenizer.ts';
import type { Segment } from './record.ts';

export interface ChatPrompt {
  readonly tokens: readonly number[];
  /** Parallel to the tokens. */
  readonly segments: readonly Segment[];
}

export type Render = (question: string, system: string) => string;

/** Characters of the rendered text, start included, end not. */
export interface Span {
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
}

/** Private-use characters: no template looks for them, changes or trims them. */
const QUESTION_MARK = '\uE000q\uE001';
const SYSTEM_MARK = '\uE000s\uE001';

/** The text, and where in it the system's words and the question stand, in order. */
export function findSpans(
  render: Render,
  question: string,
  system: string,
  place: string,
): { text: string; spans: Span[] } {
  const text = render(question, system);
  const marked = render(QUESTION_MARK, system === '' ? '' : SYSTEM_MARK);
  const contents: Record<string, { segment: Segment; content: string }> = {
    [QUESTION_MARK]: { segment: 'question', content: question },
    [SYSTEM_MARK]: { segment: 'system', content: system },
  };
  const parts = marked.split(/(\uE000[qs]\uE001)/);
  const spans: Span[] = [];
  let at = 0;
  for (const part of parts) {
    const filled = contents[part];
    if (!filled) {
      at += part.length;
      continue;
    }
    // Templates often trim what they are given.
    const content = text.startsWith(filled.content, at) ? filled.content : filled.content.trim();
    if (!text.startsWith(content, at)) throw misplaced(place, filled.segment, text);
    spans.push({ segment: filled.segment, start: at, end: at + content.length });
    at += content.length;
  }
  if (!spans.some(({ segment }) => segment === 'question') || at !== text.length)
    throw misplaced(place, 'question', text);
  return { text, spans };
}

function misplaced(place: string, segment: Segment, text: string): Error {
  return new Error(
    `${place}: expected the chat template to write the ${segment} as it was given, got ${JSON.stringify(text.slice(0, 200))}. ` +
      'Give a template that leaves the messages as they are.',
  );
}

/** A token that spans a border belongs where most of its bytes do, of equals to the first. */
export function labelTokens(tokenizer: Tokenizer, text: string, spans: readonly Span[]): ChatPrompt {
  const tokens = tokenizer.encode(text);
  const owners = ownersOfBytes(text, spans);
  const sizes = tokens.map((id) => tokenizer.bytes(id).length);
  if (sizes.reduce((sum, size) => sum + size, 0) !== owners.length)
    return encodeApart(tokenizer, text, spans);
  let at = 0;
  const segments = sizes.map((size) => commonest(owners.slice(at, (at += size))));
  return { tokens, segments };
}

function ownersOfBytes(text: string, spans: readonly Span[]): Segment[] {
  return partsOf(text, spans).flatMap(({ segment, text: part }) =>
    new Array<Segment>(Buffer.byteLength(part)).fill(segment),
  );
}

function partsOf(text: string, spans: readonly Span[]): { segment: Segment; text: string }[] {
  const parts: { segment: Segment; text: string }[] = [];
  let at = 0;
  for (const { segment, start, end } of spans) {
    parts.push({ segment: 'role', text: text.slice(at, start) }, { segment, text: text.slice(start, end) });
    at = end;
  }
  return [...parts, { segment: 'role', text: text.slice(at) }];
}

function commonest(owners: readonly Segment[]): Segment {
  const count = (one: Segment) => owners.filter((other) => other === one).length;
  return owners.reduce((best, one) => (count(one) > count(best) ? one : best), owners[0] ?? 'role');
}

/** Where a tokenizer changes the text (normalises it), bytes do not tell places: every part by itself. */
function encodeApart(tokenizer: Tokenizer, text: string, spans: readonly Span[]): ChatPrompt {
  const parts = partsOf(text, spans).map(({ segment, text: part }) => ({
    segment,
    tokens: tokenizer.encode(part),
  }));
  return {
    tokens: parts.flatMap(({ tokens }) => tokens),
    segments: parts.flatMap(({ segment, tokens }) => tokens.map(() => segment)),
  };
}
