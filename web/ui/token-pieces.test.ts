// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { excerptAround, joinTokens, mergePlain, packPieces, type TokenPart } from './token-pieces.ts';

const encoder = new TextEncoder();
const hex = (bytes: Iterable<number>) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function token(text: string, act = 0, rank: number | null = null): TokenPart {
  return { text, act, rank, index: text.length, bytes: hex(encoder.encode(text)) };
}

/** A token of raw bytes, shown by the API with U+FFFD where they are no text. */
function fragment(bytes: number[], act = 0): TokenPart {
  return { text: '\ufffd', act, rank: act > 0 ? 0 : null, index: 0, bytes: hex(bytes) };
}

/** Cuts a text into tokens of `size` bytes each, whatever they cut through. */
function cut(text: string, size: number): TokenPart[] {
  const bytes = [...encoder.encode(text)];
  const parts: TokenPart[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(fragment(bytes.slice(at, at + size)));
  return parts;
}

describe('joinTokens', () => {
  it('leaves whole tokens as they are', () => {
    const pieces = joinTokens([token('Hello'), token(' мир', 2, 1), token('\n')]);
    expect(pieces.map((piece) => piece.text)).toEqual(['Hello', ' мир', '\n']);
    expect(pieces[1]).toEqual({ text: ' мир', act: 2, rank: 1, index: 4 });
  });

  it('joins the two bytes of a Cyrillic letter and shows both as bytes', () => {
    const [piece, ...rest] = joinTokens([fragment([0xd0], 1.5), fragment([0xaf])]);
    expect(rest).toEqual([]);
    expect(piece).toMatchObject({ text: 'Я', act: 1.5, bytes: ['d0', 'af'] });
  });

  it('gives a joined mark the act of its strongest token', () => {
    const [piece] = joinTokens([fragment([0xd0], 1), fragment([0xaf], 3)]);
    expect(piece.act).toBe(3);
  });

  it('keeps the text for any cut of any script', () => {
    const text = 'naïve Ж שלום 東京 👩‍🚀 e\u0301';
    for (const size of [1, 2, 3, 5]) {
      expect(
        joinTokens(cut(text, size))
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }
  });

  it('shows the bytes of a character cut by the edge of its window, and nothing else of it', () => {
    const pieces = joinTokens([fragment([0x9f, 0x98]), token('ok'), fragment([0xf0, 0x9f])]);
    expect(pieces.map((piece) => piece.bytes ?? piece.text)).toEqual([['9f98'], 'ok', ['f09f']]);
  });

  it('does not let broken bytes swallow the text after them', () => {
    const pieces = joinTokens([fragment([0xff]), token('a'), fragment([0xd0]), token('b')]);
    expect(pieces.map((piece) => piece.text)).toEqual(['\ufffd', 'a', '\ufffd', 'b']);
  });

  it('joins a letter whose second byte shares a token with the next text', () => {
    const [first, second] = joinTokens([
      fragment([0xd0]),
      { ...fragment([0xaf]), bytes: hex([0xaf, 0x20, 0x61]) },
      token('!'),
    ]);
    expect(first.text).toBe('Я a');
    expect(second.text).toBe('!');
  });

  it('has nothing to show for no tokens', () => {
    expect(joinTokens([])).toEqual([]);
  });
});

describe('packPieces', () => {
  it('sends a token that does nothing as its text alone', () => {
    expect(packPieces([token('a'), token('b', 1, 0)])).toEqual([
      'a',
      { text: 'b', act: 1, rank: 0, index: 1 },
    ]);
  });
});

describe('mergePlain', () => {
  it('makes one text of what does nothing and leaves the rest alone', () => {
    const acting = { text: 'b', act: 1, rank: 0, index: 1 };
    expect(mergePlain(['a', ' ', acting, 'c', 'd'])).toEqual(['a ', acting, 'cd']);
    expect(mergePlain([])).toEqual([]);
  });
});

describe('excerptAround', () => {
  const textOf = (pieces: ReturnType<typeof packPieces>) =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');

  it('loses nothing: before, middle and after are the whole window', () => {
    const tokens = [...'abcdefghij'].map((letter) => token(letter));
    const { before, middle, after } = excerptAround(tokens, 5, { before: 2, after: 1 });
    expect([before, middle, after].map((part) => textOf([...part]))).toEqual(['abc', 'defg', 'hij']);
  });

  it('never cuts inside a character', () => {
    const tokens = cut('ЖЖЖЖЖ', 1);
    for (let position = 0; position < tokens.length; position++) {
      const { before, middle, after } = excerptAround(tokens, position, { before: 1, after: 1 });
      expect(textOf([...before, ...middle, ...after])).toBe('ЖЖЖЖЖ');
    }
  });

  it('stays inside the window at both ends', () => {
    const tokens = [token('a'), token('b')];
    expect(excerptAround(tokens, 0, { before: 9, after: 9 })).toEqual({
      before: [],
      middle: ['a', 'b'],
      after: [],
    });
  });
});
