// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { partTexts } from './part-texts.ts';

const join = ({ shared, left, right }: ReturnType<typeof partTexts>) => [
  shared + (left ? left.mark + left.rest : ''),
  shared + (right ? right.mark + right.rest : ''),
];

describe('partTexts', () => {
  it('parts at the first word that differs, not inside of it', () => {
    expect(partTexts('12 + 34 = 46.', '12 + 35 = 47.')).toEqual({
      shared: '12 + ',
      left: { mark: '34', rest: ' = 46.' },
      right: { mark: '35', rest: ' = 47.' },
    });
  });

  it('has nothing to mark where the texts are the same', () => {
    expect(partTexts('so 4', 'so 4')).toEqual({ shared: 'so 4', left: null, right: null });
    expect(partTexts('', '')).toEqual({ shared: '', left: null, right: null });
  });

  it('marks nothing where a text ends and the other goes on', () => {
    expect(partTexts('So', 'So we')).toEqual({
      shared: 'So',
      left: { mark: '', rest: '' },
      right: { mark: ' we', rest: '' },
    });
  });

  it('marks a word along with white space, which has no ink', () => {
    expect(partTexts('a\n\nb', 'a c').left).toEqual({ mark: '\n\nb', rest: '' });
  });

  it.each([
    ['Ответ: 5', 'Ответ — 6'],
    ['𝟜 = 4 🙂', '𝟜 = 4 🙃'],
    ['\\boxed{7}', '\\boxed{8}'],
    ['e\u0301', 'e'],
    ['', 'all of it'],
  ])('gives %j and %j back whole', (left, right) => {
    expect(join(partTexts(left, right))).toEqual([left, right]);
  });
});
