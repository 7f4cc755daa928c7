import { cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { drawWhitespace, TokenText } from './token-text.tsx';

afterEach(cleanup);

const shown = (text: string, bytes?: string) =>
  render(<TokenText text={text} bytes={bytes} />).container.textContent;

describe('TokenText', () => {
  it('shows a token as its text, with what has no ink drawn', () => {
    expect(shown(' the', '20746865')).toBe('␣the');
    expect(shown('\n\t\t', '0a0909')).toBe('↵⇥⇥');
    expect(shown('')).toBe('∅');
  });

  it('shows half a character as its bytes', () => {
    expect(shown('\ufffd', 'd0')).toBe('d0');
    expect(shown(' \ufffd', '20d0')).toBe('20 d0');
    expect(shown('\ufffd')).toBe('\ufffd');
  });
});

describe('drawWhitespace', () => {
  it('has a sign for every control character and for spaces that look like others', () => {
    expect(drawWhitespace('a\u0000\u001f\u007f\u0085')).toBe('a␀␟␡⟨85⟩');
    expect(drawWhitespace('\u00a0\u200b\ufeff')).toBe('⟨a0⟩⟨200b⟩⟨feff⟩');
  });

  it('leaves letters of every script as they are', () => {
    for (const text of ['Слово', 'שלום', '日本', 'né', '👍']) expect(drawWhitespace(text)).toBe(text);
  });
});
