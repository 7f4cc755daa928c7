// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { intervalsOf, withoutFill } from './examples.tsx';

type Feature = Parameters<typeof intervalsOf>[0];

const texts = (...ids: string[]) => ids.map((id) => ({ id }));

/** Five intervals with so many tokens each, weakest first; only what is asked of a feature here. */
function feature(fireCounts: readonly number[], parts: Record<string, { id: string }[]>): Feature {
  const empty = { strongest: [], interval0: [], interval1: [], interval2: [], interval3: [], interval4: [] };
  const intervals = fireCounts.map((fireCount, interval) => ({
    interval,
    lowerAct: interval,
    upperAct: interval + 1,
    fireCount,
  }));
  return { intervals, ...empty, ...parts } as unknown as Feature;
}

describe('the intervals of a feature', () => {
  it('come strongest first, without those that hold nothing, with their share of the acts', () => {
    const intervals = intervalsOf(feature([6, 0, 0, 3, 1], {}));
    expect(intervals.map(({ interval, share }) => [interval, share])).toEqual([
      [4, 0.1],
      [3, 0.3],
      [0, 0.6],
    ]);
  });

  it('show no text that stands among the strongest', () => {
    const [top, below] = intervalsOf(
      feature([0, 0, 0, 1, 1], {
        strongest: texts('a', 'b', 'c'),
        interval4: texts('a', 'b'),
        interval3: texts('c', 'd', 'e', 'f', 'g', 'h', 'i'),
      }),
    );
    expect([top.examples, top.shownAbove]).toEqual([[], 2]);
    expect(below.examples.map(({ id }) => id)).toEqual(['d', 'e', 'f', 'g', 'h']);
  });
});

describe('the end of an example', () => {
  const tokensOf = (...texts: string[]) => texts.map((text) => ({ text, act: 0 }));
  const END = '<|endoftext|>';

  it('is its text with one mark behind, whatever fills its window', () => {
    expect(withoutFill(tokensOf('a', 'b', END, END, END))).toEqual(tokensOf('a', 'b', END));
    expect(withoutFill(tokensOf(END, END, 'b'))).toHaveLength(3);
  });

  it('keeps words said twice, and marks on which something acts', () => {
    expect(withoutFill(tokensOf('no', 'no'))).toHaveLength(2);
    expect(withoutFill([...tokensOf('a', END), { text: END, act: 2 }])).toHaveLength(3);
  });
});
