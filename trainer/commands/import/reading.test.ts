import { describe, expect, it } from 'vitest';

import type { LanguageModel } from '../../lm/model.ts';
import type { RunTexts } from '../train-sae/texts.ts';
import { joinTexts, openReading, wantsBos } from './reading.ts';

const model = { slug: 'tiny', config: { contextLength: 64 }, tokenizer: { endOfText: 0 } } as LanguageModel;

describe('how an imported dictionary is read', () => {
  it('in windows as long as asked for, where the model reads so far', () => {
    expect(openReading(model, { contextLength: 48 }, false)).toMatchObject({
      windowLength: 48,
      skipFirst: 1,
    });
    expect(openReading(model, { contextLength: 96 }, false).windowLength).toBe(64);
    expect(openReading(model, { contextLength: 96 }, true)).toMatchObject({ windowLength: 63, skipFirst: 0 });
  });

  it('without the tokens that every window begins with, where that is asked for', () => {
    const asked = { contextLength: 48, skipFirst: 23 };
    for (const hasBos of [true, false]) expect(openReading(model, asked, hasBos).skipFirst).toBe(23);
  });

  it('behind the first token where the source says so or the person does', () => {
    expect([wantsBos({ bos: 'auto' }, true), wantsBos({ bos: 'auto' }, null)]).toEqual([true, false]);
    expect([wantsBos({ bos: 'never' }, true), wantsBos({ bos: 'always' }, false)]).toEqual([false, true]);
  });
});

it('all of a corpus is its train text with its held-out text behind', () => {
  const evaluation = [{ corpus: 'own', name: 'Own', tokens: Uint16Array.of(7, 8), offset: 3, weight: 1 }];
  const streams = [{ corpus: 'own', tokens: Uint16Array.of(4, 5, 6), weight: 1 }];
  const [whole] = joinTexts({ corpora: [], streams, evaluation } satisfies RunTexts);
  expect([[...whole.tokens], whole.offset]).toEqual([[4, 5, 6, 7, 8], 0]);
});
