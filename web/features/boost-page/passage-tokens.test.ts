import { describe, expect, it } from 'vitest';
import {
  notesOf,
  partsOf,
  strongestActs,
  summarise,
  type Passage,
  type PassageToken,
} from './passage-tokens.ts';

const act = (index: number, value: number, label: string | null = null) => ({
  index,
  act: value,
  feature: { label: label === null ? null : { text: label } },
});

const token = (part: Partial<PassageToken>): PassageToken => ({
  ...{ text: 'a', bytes: '61', index: 97, baseError: null, boostedError: null },
  ...{ ceOriginal: null, ceBase: null, ceBoosted: null, base: [], boost: [] },
  ...part,
});

const passage = (tokens: PassageToken[]): Passage => ({
  ...{ id: '1', rank: 0, start: '0', corpus: { slug: 'r', name: 'Russian', domain: 'russian' } },
  tokens,
});

describe('partsOf', () => {
  it('fills by the strongest act of the base and underlines by that of the boost', () => {
    const [part] = partsOf(passage([token({ base: [act(3, 2), act(1, 1)], boost: [act(7, 5)] })]));
    expect(part).toMatchObject({ act: 2, boostedAct: 5 });
  });

  it('leaves a token dark where neither acts', () => {
    expect(partsOf(passage([token({})]))[0]).toMatchObject({ act: 0, boostedAct: 0, notes: [] });
  });
});

describe('notesOf', () => {
  it('names features, errors and the cross-entropy before and after', () => {
    const lines = notesOf(
      token({
        base: [act(3, 2, 'capitals')],
        boost: [act(7, 5)],
        ...{ baseError: 0.5, boostedError: 0.25, ceOriginal: 2, ceBase: 2.5, ceBoosted: 2.125 },
      }),
    );
    expect(lines).toEqual([
      'base: capitals 2.00',
      'boost: feature 7 5.00',
      'error 0.500 → 0.250',
      'CE of the next token 2.00; base +0.500, boosted +0.125',
    ]);
  });

  it('says nothing of what was not measured: the last token has none after it', () => {
    expect(notesOf(token({ base: [act(3, 2)], baseError: 0.5 }))).toEqual([
      'base: feature 3 2.00',
      'error 0.500',
    ]);
  });
});

describe('summarise', () => {
  it('takes means over the tokens that were measured and counts where each added feature acts', () => {
    const summary = summarise(
      passage([
        token({
          baseError: 0.4,
          boostedError: 0.2,
          ceOriginal: 1,
          ceBase: 2,
          ceBoosted: 1.5,
          boost: [act(7, 1)],
        }),
        token({ baseError: 0.6, boostedError: 0.2, boost: [act(2, 3, 'ий'), act(7, 1)] }),
      ]),
    );
    expect(summary).toMatchObject({ baseError: 0.5, boostedError: 0.2, baseDeltaCe: 1, boostedDeltaCe: 0.5 });
    expect(summary.features).toEqual([
      { index: 7, label: null, tokenCount: 2 },
      { index: 2, label: 'ий', tokenCount: 1 },
    ]);
  });
});

describe('strongestActs', () => {
  it('is one scale for all passages, 0 for none', () => {
    const both = [passage([token({ base: [act(0, 2)] })]), passage([token({ boost: [act(0, 9)] })])];
    expect(strongestActs(both)).toEqual({ base: 2, boost: 9 });
    expect(strongestActs([])).toEqual({ base: 0, boost: 0 });
  });
});
