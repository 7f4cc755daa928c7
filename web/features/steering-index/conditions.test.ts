// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { conditionName, resultsOf, verdictOf, type ScoredCondition } from './conditions.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');
const share = (value: number, half = 0.01) => ({ value, low: value - half, high: value + half, n: 1000 });
const condition = (name: string, ...values: number[]): ScoredCondition => ({
  name,
  parameterCount: name === 'full' ? 1_300_000 : 768,
  runs: values.map((value) => ({ scores: [{ testSet: 'all', accuracy: share(value) }] })),
});
const base = [{ testSet: 'all', accuracy: share(0.4) }];

const verdict = (conditions: readonly ScoredCondition[]) =>
  verdictOf(base[0].accuracy, conditions, resultsOf(base, conditions, 'all')).map(plain);

describe('resultsOf', () => {
  it('holds every condition against base and against full fine-tuning', () => {
    const results = resultsOf(
      base,
      [condition('all-layers', 0.69, 0.7, 0.71), condition('full', 0.8, 0.8, 0.8)],
      'all',
    );
    expect(results.get('all-layers')!.accuracy.value).toBeCloseTo(0.7, 12);
    expect(results.get('all-layers')!.recovered).toBeCloseTo(0.75, 12);
    expect(results.get('full')!.recovered).toBeNull();
  });

  it('is nothing of a set nobody measured', () => {
    expect(resultsOf(base, [condition('full', 0.8)], 'hard').size).toBe(0);
  });
});

describe('verdictOf', () => {
  it('says what vectors gain, and that the controls gain nothing where that is within noise', () => {
    const [vectors, coin] = verdict([
      condition('all-layers', 0.7, 0.7, 0.7),
      condition('full', 0.8, 0.8, 0.8),
      condition('random-reward', 0.4, 0.4, 0.405),
    ]);
    expect(vectors).toBe(
      '768 numbers added to the residual stream take right answers from 40.0 % to 70.0 % [70.0, 70.0]: 30.0 points more [+29.0, +31.0], 75.0 % of what full fine-tuning gains.',
    );
    expect(coin).toMatch(
      /^Trained on a coin instead of right answers, the same vectors gain nothing: level within noise/,
    );
  });

  it('does not hide a control that gains, or harms', () => {
    const [, coin, direction] = verdict([
      condition('all-layers', 0.7),
      condition('random-reward', 0.6, 0.6),
      condition('random-vector', 0.2, 0.2),
    ]);
    expect(coin).toContain('the same vectors gain, too: 20.0 points more');
    expect(direction).toContain('random direction do harm: 20.0 points less');
  });

  it('claims nothing without a measurement', () => {
    expect(verdict([])).toEqual([]);
  });
});

describe('conditionName', () => {
  it('names what it knows, and spells out what it does not', () => {
    expect(['all-layers', 'rank-2', 'random-reward', 'some-new-one'].map(conditionName)).toEqual([
      'vectors, all layers',
      'vectors of rank 2',
      'control: random reward',
      'some new one',
    ]);
  });
});
