import { describe, expect, it } from 'vitest';
import { readBoxed, scoreExact } from './reward.ts';

describe('readBoxed', () => {
  it.each([
    ['so \\boxed{12}', '12'],
    ['\\boxed{1} and then \\boxed{2}.', '2'],
    ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
    ['\\boxed{ 7 }', '7'],
    ['\\boxed {7}', '7'],
    ['\\boxed{\\{1, 2\\}}', '\\{1, 2\\}'],
    ['\\boxed{\\boxed{3}}', '3'],
    ['\\boxed{}', ''],
    ['\\boxed{5} but \\boxed{6', '5'],
    ['\\boxed{5} but \\boxed 6', '5'],
    ['\\boxed{4}\\boxed', '4'],
  ])('of %s is %s', (text, content) => {
    expect(readBoxed(text)).toBe(content);
  });

  it.each(['', '12', 'boxed{12}', '\\boxed', '\\boxed{', '\\boxed{1{2}', '\\boxed 12', '\\boxed\\{12\\}'])(
    'of %s is nothing',
    (text) => {
      expect(readBoxed(text)).toBeUndefined();
    },
  );

  it('takes no time to speak of on a page of boxes that never close', () => {
    expect(readBoxed('\\boxed{'.repeat(2000))).toBeUndefined();
  });
});

describe('scoreExact', () => {
  const score = (boxed: string, answer: string) => scoreExact(`thus \\boxed{${boxed}}.`, answer);

  it.each([
    ['12', '12'],
    ['12.0', '12'],
    ['+12', '12'],
    ['012', '12'],
    ['12.', '12'],
    ['$12$', '12'],
    ['1,234', '1234'],
    ['-0', '0'],
    ['\u22123', '-3'],
    ['.5', '0.50'],
    ['1\\,000', '1000'],
    ['\\text{Paris}', 'paris'],
    ['\\dfrac{1}{2}', '\\frac{1}{2}'],
    ['\\left(1, 2\\right)', '(1,2)'],
    ['12345678901234567891', '12345678901234567891'],
  ])('%s is right where the answer is %s', (boxed, answer) => {
    expect(score(boxed, answer)).toBe(1);
  });

  it.each([
    ['12.5', '12'],
    ['-12', '12'],
    ['120', '12'],
    ['1,23', '123'],
    ['12 or 13', '12'],
    ['', ''],
    ['.', '0'],
    ['12345678901234567890', '12345678901234567891'],
    ['\\frac{1}{3}', '\\frac{1}{2}'],
  ])('%s is wrong where the answer is %s', (boxed, answer) => {
    expect(score(boxed, answer)).toBe(0);
  });

  it('gives nothing for the right number without a box', () => {
    expect(scoreExact('The answer is 12', '12')).toBe(0);
  });

  it('reads the last box alone', () => {
    expect(scoreExact('\\boxed{12} no, \\boxed{13}', '12')).toBe(0);
  });
});
