import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { TokenHeatmap } from './token-heatmap.tsx';
import type { PackedPiece } from './token-pieces.ts';
import { WhitespaceProvider, WhitespaceToggle } from './whitespace.tsx';

afterEach(cleanup);

const acting = (text: string, act: number, rank = 0, index = 7): PackedPiece => ({ text, act, rank, index });

function show(pieces: readonly PackedPiece[]) {
  const { container } = render(
    <WhitespaceProvider>
      <WhitespaceToggle />
      <TokenHeatmap pieces={pieces} maxAct={9} budget={16} />
    </WhitespaceProvider>,
  );
  return { heatmap: screen.getByRole('group'), container };
}

const tip = () => screen.queryByRole('status')?.textContent ?? null;

describe('TokenHeatmap', () => {
  it('holds the text exactly as it was', () => {
    const { heatmap } = show(['The', acting(' quick', 3), '\n\tfox', ' ']);
    expect(heatmap.textContent).toBe('The quick\n\tfox ');
  });

  it('sets a sign of the tokenizer apart, and keeps it in the text', () => {
    const { heatmap } = show(['end', '<|endoftext|>', 'a <| b |>']);
    const marks = [...heatmap.querySelectorAll('[data-at]')].map((mark) => /special/.test(mark.className));
    expect(marks).toEqual([false, true, false]);
    expect(heatmap.textContent).toBe('end<|endoftext|>a <| b |>');
  });

  it('shades by strength against the strongest of the page', () => {
    const { heatmap } = show(['a', acting('b', 9), acting('c', 0.1)]);
    const steps = [...heatmap.querySelectorAll('[data-at]')].map((mark) => mark.getAttribute('data-step'));
    expect(steps).toEqual([null, '9', '1']);
  });

  it('gives token, act, rank and budget under the pointer, and takes them away', () => {
    const { heatmap } = show(['a', acting(' b', 4.5, 2)]);
    fireEvent.pointerOver(heatmap.querySelector('[data-at="1"]')!);
    expect(tip()).toBe('␣b 4.50 · rank 3 of 16');
    fireEvent.pointerLeave(heatmap);
    expect(tip()).toBeNull();
  });

  it('says of a token that does nothing that it does nothing', () => {
    const { heatmap } = show(['a']);
    fireEvent.pointerOver(heatmap.querySelector('[data-at="0"]')!);
    expect(tip()).toBe('a no act at budget 16');
  });

  it('answers a touch as it answers the pointer', () => {
    const { heatmap } = show([acting('b', 1)]);
    fireEvent.click(heatmap.querySelector('[data-at="0"]')!);
    expect(tip()).toContain('rank 1 of 16');
  });

  it('walks only the tokens that act, with the arrow keys, around the ends', () => {
    const { heatmap } = show([acting('first', 1), 'x', acting('second', 2)]);
    const press = (key: string) => (fireEvent.keyDown(heatmap, { key }), tip()?.split(' ')[0]);
    expect([press('ArrowRight'), press('ArrowRight'), press('ArrowRight'), press('ArrowLeft')]).toEqual([
      'first',
      'second',
      'first',
      'second',
    ]);
    fireEvent.keyDown(heatmap, { key: 'Escape' });
    expect(tip()).toBeNull();
  });

  it('leaves the arrow keys to the page where nothing acts', () => {
    const { heatmap } = show(['x']);
    expect(fireEvent.keyDown(heatmap, { key: 'ArrowRight' })).toBe(true);
  });

  it('shows bytes where they are no text, and says those behind a joined character', () => {
    const { heatmap } = show([
      { text: '\ufffd', act: 1, rank: 0, index: 0, bytes: ['f09f'] },
      { text: 'Я', act: 2, rank: 0, index: 1, bytes: ['d0', 'af'] },
    ]);
    expect(heatmap.textContent).toBe('f09fЯ');
    fireEvent.pointerOver(heatmap.querySelector('[data-at="1"]')!);
    expect(tip()).toContain('bytes d0 af');
  });

  it('draws both layers at once where a boost acts too', () => {
    const { heatmap } = show([{ text: 'b', act: 1, rank: 0, index: 0, boostedAct: 2.5 }]);
    const mark = heatmap.querySelector('[data-at="0"]')!;
    expect(mark.className).toContain('boosted');
    fireEvent.pointerOver(mark);
    expect(tip()).toContain('boosted 2.50');
  });

  it('marks whitespace on demand without changing the text', () => {
    const { heatmap } = show(['a  b\n', acting('\t', 1)]);
    const plain = heatmap.textContent;
    expect(heatmap.hasAttribute('data-marks')).toBe(false);
    fireEvent.click(screen.getByRole('button', { name: 'Show whitespace' }));
    expect(heatmap.hasAttribute('data-marks')).toBe(true);
    expect(heatmap.textContent).toBe(plain);
  });

  it('lets the script decide its direction', () => {
    const { heatmap } = show([acting('שלום', 1), ' עולם']);
    expect(heatmap.getAttribute('dir')).toBe('auto');
    fireEvent.pointerOver(heatmap.querySelector('[data-at="0"]')!);
    expect(screen.getByRole('status').querySelector('bdi')?.textContent).toBe('שלום');
  });

  it('copies the raw text: line breaks in, drawn glyphs and the tip out', () => {
    const { heatmap } = show(['one\n', acting('two', 1)]);
    fireEvent.pointerOver(heatmap.querySelector('[data-at="1"]')!);
    const range = document.createRange();
    range.selectNodeContents(heatmap);
    const selection = window.getSelection()!;
    selection.removeAllRanges();
    selection.addRange(range);
    const copied: Record<string, string> = {};
    fireEvent.copy(heatmap, {
      clipboardData: { setData: (type: string, text: string) => (copied[type] = text) },
    });
    expect(copied).toEqual({ 'text/plain': 'one\ntwo' });
  });
});
