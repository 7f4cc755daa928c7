import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, it } from 'vitest';
import { SegmentHeatmap, type SegmentToken } from './segment-heatmap.tsx';

afterEach(cleanup);

const show = (tokens: readonly SegmentToken[], full = 1) =>
  render(<SegmentHeatmap label="Prompt" tokens={tokens} full={full} />).container;

const token = (text: string, value: number, segment: SegmentToken['segment'] = 'question'): SegmentToken => ({
  text,
  value,
  segment,
  label: value.toFixed(2),
});

describe('SegmentHeatmap', () => {
  it('holds the prompt exactly as it was, each token with its segment and its number', () => {
    const container = show([
      token('<|im_start|>', -0.5, 'role'),
      token('user', 0, 'role'),
      token('\n 12', 1),
    ]);
    const text = container.querySelector('[role=group]')!;
    expect(text.textContent).toBe('<|im_start|>user\n 12');
    expect([...text.children].map((mark) => mark.getAttribute('data-segment'))).toEqual([
      'role',
      'role',
      'question',
    ]);
    expect(text.children[2].getAttribute('data-tip')).toBe('↵␣12   1.00   question');
    expect([...container.querySelectorAll('tbody tr')][0].textContent).toBe('<|im_start|>role-0.50');
  });

  it('tints by sign and size, and nothing where the number is none', () => {
    const tokens = [token('a', 2), token('b', -1), token('c', 0)];
    const html = renderToStaticMarkup(<SegmentHeatmap label="Prompt" tokens={tokens} full={2} />);
    const tints = html
      .split('data-tip')
      .slice(1)
      .map((part) => /--(positive|negative)\) (\d+)%/.exec(part));
    expect(tints.map((found) => found && [found[1], Number(found[2])])).toEqual([
      ['positive', 42],
      ['negative', 21],
      null,
    ]);
  });

  it('says the number of every token to arrow keys, from end to end, and is silent again behind Escape', () => {
    const text = show([token('a', 0.5), token('b', -1, 'role')]).querySelector('[role=group]')!;
    const said = (key: string) => {
      fireEvent.keyDown(text, { key });
      return screen.getByRole('status').textContent;
    };
    expect(['ArrowRight', 'ArrowRight', 'ArrowRight', 'Home', 'Escape', 'ArrowLeft'].map(said)).toEqual([
      'a   0.50   question',
      'b   -1.00   role',
      'b   -1.00   role',
      'a   0.50   question',
      '',
      'b   -1.00   role',
    ]);
    expect(text.querySelector('[data-current]')?.textContent).toBe('b');
  });

  it('survives a prompt of nothing', () => {
    expect(show([], 0).querySelector('[role=group]')?.textContent).toBe('');
  });
});
