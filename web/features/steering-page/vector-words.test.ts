// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { adapterWords, layerWords, rewardWords, sentenceOf } from './vector-words.ts';

const at = (...layers: number[]) => layers.map((layer) => ({ layer }));

describe('layerWords', () => {
  it('joins neighbours, and lists what has gaps', () => {
    expect([at(0, 1, 2, 3), at(2), at(0, 1), at(0, 2, 3), []].map(layerWords)).toEqual([
      '0 to 3',
      '2',
      '0, 1',
      '0, 2, 3',
      '',
    ]);
  });
});

describe('sentenceOf', () => {
  const vector = {
    adapter: 'VECTORS',
    reward: 'EXACT',
    place: 'mlp.out',
    rank: null,
    seed: 1,
    parameterCount: 768,
    layers: at(0, 1, 2, 3, 4, 5),
  } as const;

  it('says what is added where, for what it was trained, and how little it is', () => {
    expect(sentenceOf(vector)).toBe(
      '6 vectors, each added to what the MLP writes at every token, at layers 0 to 5; trained by reinforcement learning (RLOO) for right answers. 768 numbers, every weight of the model as it was; seed 1.',
    );
  });

  it('calls a control a control, and a scaled direction what it is', () => {
    expect(sentenceOf({ ...vector, reward: 'RANDOM' })).toContain(
      'for a coin, whatever was written: a control',
    );
    expect(sentenceOf({ ...vector, adapter: 'RANDOM' })).toContain('random direction: a control');
    expect(sentenceOf({ ...vector, adapter: 'ADAPTIVE', layers: at(4) })).toMatch(
      /^A direction that is added to what the MLP writes, scaled by a linear reading of each token, at layer 4;/,
    );
    expect(adapterWords({ adapter: 'RANK', rank: 2 })).toBe('vectors of rank 2');
    expect(adapterWords({ adapter: 'RANDOM', rank: null })).toBe('control: random vectors');
    expect(rewardWords({ adapter: 'VECTORS', reward: 'RANDOM' })).toBe('control: a coin');
  });
});
