import { cleanup, render } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { RightOrWrong, SideBySide, type Side } from './side-by-side.tsx';

afterEach(cleanup);

const side = (text: string, isCorrect: boolean, name: 'base' | 'steering'): Side => ({
  ...{ name, colour: name, text },
  verdict: <RightOrWrong isCorrect={isCorrect} />,
});

const show = (left: string, right: string) =>
  render(<SideBySide left={side(left, false, 'base')} right={side(right, true, 'steering')} />).container;

describe('SideBySide', () => {
  it('holds both texts exactly as they were, and marks where they part', () => {
    const container = show('First 3*4 = 12.\n12', 'First 3*4 = 11.');
    expect([...container.querySelectorAll('p')].map(({ textContent }) => textContent)).toEqual([
      'First 3*4 = 12.\n12',
      'First 3*4 = 11.',
    ]);
    expect([...container.querySelectorAll('mark')].map(({ textContent }) => textContent)).toEqual([
      '12',
      '11',
    ]);
  });

  it('says right and wrong in words', () => {
    const container = show('a', 'b');
    expect(container.textContent).toContain('✗ wrong');
    expect(container.textContent).toContain('✓ right');
  });

  it('marks nothing in texts that are the same, and an end where one of them stops', () => {
    expect(show('same', 'same').querySelectorAll('mark')).toHaveLength(0);
    cleanup();
    expect(show('so', 'so it').querySelector('mark')?.hasAttribute('data-ended')).toBe(true);
  });
});
