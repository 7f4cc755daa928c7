// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { comparePairs } from './compare-pairs.ts';
import type { ConditionResult } from './conditions.ts';
import {
  judgeCoin,
  judgeFeatures,
  judgeLayers,
  judgePairs,
  judgePath,
  judgePrefix,
  judgeRecovery,
  judgeSegments,
  judgeTransfer,
} from './findings.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');
const share = (value: number, half = 0.01) => ({ value, low: value - half, high: value + half, n: 1000 });
const result = (gain: number, half = 0.02): ConditionResult => ({
  accuracy: share(0.4 + gain),
  gain: { value: gain, low: gain - half, high: gain + half },
  recovered: null,
});
const results = (gains: Readonly<Record<string, number>>) =>
  new Map(Object.entries(gains).map(([name, gain]) => [name, result(gain)]));

describe('judgeRecovery', () => {
  it('holds from 70 % of the gain of full fine-tuning, partly below, and fails without a gain', () => {
    const verdict = (vectors: number, full: number) =>
      judgeRecovery(results({ 'all-layers': vectors, full })).verdict;
    expect([verdict(0.3, 0.4), verdict(0.28, 0.4), verdict(0.2, 0.4), verdict(0.01, 0.4)]).toEqual([
      ...['holds', 'holds', 'partly', 'fails'],
    ]);
  });

  it('says nothing where full fine-tuning gains nothing, and nothing where it was not run', () => {
    expect(judgeRecovery(results({ 'all-layers': 0.3, full: 0.01 })).verdict).toBe('silent');
    expect(judgeRecovery(results({ 'all-layers': 0.3 }))).toEqual({ verdict: 'unmeasured', ours: '' });
  });

  it('has the share and both gains in its words', () => {
    expect(plain(judgeRecovery(results({ 'all-layers': 0.3, full: 0.4 })).ours)).toBe(
      '75.0 % of its gain: vectors 30.0 points more [+28.0, +32.0]; full fine-tuning 40.0 points more [+38.0, +42.0]',
    );
  });
});

describe('judgeCoin', () => {
  it('fails where the control gains half as much, or where it alone gains', () => {
    const verdict = (coin: number, vectors: number) =>
      judgeCoin(results({ 'all-layers': vectors, 'random-reward': coin })).verdict;
    expect([verdict(0.01, 0.3), verdict(-0.2, 0.3), verdict(0.1, 0.3), verdict(0.15, 0.3)]).toEqual([
      ...['holds', 'holds', 'partly', 'fails'],
    ]);
    expect([verdict(0.2, 0.01), verdict(0.01, 0.01)]).toEqual(['fails', 'silent']);
  });
});

describe('judgeLayers', () => {
  const judge = (...values: number[]) =>
    judgeLayers({
      base: share(0.4),
      layers: values.map((value, layer) => ({ layer, runs: [{ accuracy: share(value) }] })),
    });

  it('holds where four of five layers gain', () => {
    expect(judge(0.5, 0.6, 0.5, 0.5, 0.4)).toEqual({
      verdict: 'holds',
      ours: '4 of 5 layers gain above noise; most layer 1, +20.0 points',
    });
    expect([judge(0.5, 0.4).verdict, judge(0.4, 0.3).verdict, judge().verdict]).toEqual([
      ...['partly', 'fails', 'unmeasured'],
    ]);
  });
});

describe('judgePrefix', () => {
  const test = (steered: number, ...prefixes: number[]) => ({
    ...{ base: share(0.4), steered: share(steered) },
    prefixes: prefixes.map((value, at) => ({
      ...{ text: `t${at}`, accuracy: share(value), baseProbability: 0.1, steeredProbability: 0.5 },
      recovered: steered > 0.4 ? (value - 0.4) / (steered - 0.4) : null,
    })),
  });
  const quote = (text: string) => `“${text}”`;

  it('weighs what beginnings gain by how much likelier they become, and takes half of the gain for enough', () => {
    // 0.4 likelier each: 0.4 x (0.1 + 0.16) of 0.2.
    expect(judgePrefix(test(0.6, 0.5, 0.56), quote)).toEqual({
      verdict: 'holds',
      ours:
        "raising 2 first tokens accounts for 52.0\u202f% of the vector's +20.0 points; " +
        'always beginning with “t1” would give 80.0\u202f%',
    });
    expect(judgePrefix(test(0.6, 0.56), quote).verdict).toBe('partly');
    expect(judgePrefix(test(0.6, 0.405), quote).verdict).toBe('fails');
    expect(judgePrefix(test(0.6), quote).verdict).toBe('fails');
  });

  it('says nothing of a vector that gains nothing', () => {
    expect(judgePrefix(test(0.405, 0.5), quote).verdict).toBe('silent');
  });
});

describe('judgePath', () => {
  const judge = (past: number | null, accuracy = 0.55) =>
    judgePath({
      modes: [
        { mode: 'base', accuracy: share(0.4), explained: 0 },
        { mode: 'steered', accuracy: share(0.6), explained: 1 },
        { mode: 'skip-attention', accuracy: share(accuracy), explained: past },
        { mode: 'skip-layer', accuracy: share(0.5), explained: 0.2 },
      ],
    });

  it('holds from three quarters of the divergence, partly from half', () => {
    expect(
      [judge(0.75), judge(0.74), judge(0.5), judge(0.49), judge(null)].map(({ verdict }) => verdict),
    ).toEqual(['holds', 'partly', 'partly', 'fails', 'silent']);
    expect(plain(judge(0.8).ours)).toBe(
      'past attention 80.0 % of the divergence is explained and 75.0 % of the gain kept; through the unembedding alone 20.0 %',
    );
  });

  it('was not measured where the path was not tried', () => {
    expect(judgePath({ modes: [] }).verdict).toBe('unmeasured');
  });
});

describe('judgeTransfer', () => {
  const judge = (own: readonly number[], other: readonly number[]) =>
    judgeTransfer({
      models: ['a', 'b'].map((modelSlug) => ({ modelSlug, base: share(0.4) })),
      cells: [
        { donor: 'a', recipient: 'a', accuracy: share(own[0]), normalised: 1 },
        { donor: 'b', recipient: 'b', accuracy: share(own[1]), normalised: 1 },
        { donor: 'a', recipient: 'b', accuracy: share(other[0]), normalised: 0.5 },
        { donor: 'b', recipient: 'a', accuracy: share(other[1]), normalised: 0.3 },
      ],
    });

  it('counts models that gain by vectors of their own, and only those', () => {
    expect(judge([0.6, 0.6], [0.5, 0.5]).verdict).toBe('holds');
    expect(judge([0.6, 0.6], [0.5, 0.3]).verdict).toBe('partly');
    expect(judge([0.6, 0.6], [0.4, 0.3]).verdict).toBe('fails');
    expect(plain(judge([0.6, 0.4], [0.4, 0.5]).ours)).toBe(
      "1 of 1 transfers gain above noise; on average 30.0 % of what the model's own vectors gain",
    );
    expect(judge([0.4, 0.4], [0.5, 0.5]).verdict).toBe('silent');
  });
});

describe('pairs', () => {
  const study = (singles: readonly number[], pair: number) => ({
    base: share(0.4),
    singles: singles.map((value, layer) => ({ layer, accuracy: share(value) })),
    pairs: [{ first: 0, second: 1, accuracy: share(pair) }],
  });

  it('are held against the better of the two and against the sum of both gains', () => {
    expect(comparePairs(study([0.5, 0.6], 0.65))[0].side).toBe('above');
    expect(comparePairs(study([0.5, 0.6], 0.65))[0].ofSum).toBeCloseTo(0.25 / 0.3, 12);
    expect(comparePairs(study([0.4, 0.6], 0.5))[0]).toMatchObject({ side: 'below', ofSum: null });
    expect(comparePairs({ ...study([0.5], 0.6) })).toEqual([]);
  });

  it('hold where most are better, and say that they are less than the sum', () => {
    expect(judgePairs(study([0.5, 0.6], 0.65)).verdict).toBe('holds');
    expect(judgePairs(study([0.5, 0.6], 0.65)).ours).toMatch(
      /^1 of 1 pairs better than the better of the two, 0 worse; 1 of 1 gain less than both together would \(on average 0\.833/,
    );
    expect(judgePairs(study([0.5, 0.6], 0.6)).verdict).toBe('fails');
    expect(judgePairs(study([0.4, 0.4], 0.6)).verdict).toBe('silent');
  });
});

describe('judgeSegments', () => {
  const judge = (question: number, system: number, role: number, gain = 0.2) =>
    judgeSegments(
      {
        segments: [
          { segment: 'SYSTEM', size: share(system) },
          { segment: 'ROLE', size: share(role) },
          { segment: 'QUESTION', size: share(question) },
        ],
      },
      { value: gain, low: gain - 0.05, high: gain + 0.05 },
    ).verdict;

  it('holds where the question lies beyond both other parts of the prompt', () => {
    expect([judge(0.3, 0.1, 0.2), judge(0.3, 0.3, 0.2), judge(0.1, 0.3, 0.2)]).toEqual([
      ...['holds', 'partly', 'fails'],
    ]);
    expect(judge(0.3, 0.1, 0.2, 0.01)).toBe('silent');
  });
});

describe('judgeFeatures', () => {
  const judge = (...features: [number, number][]) =>
    judgeFeatures({
      ...{ tested: 100, correct: 60, incorrect: 40 },
      features: features.map(([qValue, difference]) => ({ qValue, difference })),
    });

  it('counts what is significant on either side', () => {
    expect(judge([0.01, 0.2], [0.05, -0.1], [0.06, 0.3])).toEqual({
      verdict: 'holds',
      ours: '2 of 100 features tell right from wrong answers at q ≤ 0.05: 1 of right, 1 of wrong ones (60 right, 40 wrong answers)',
    });
    expect([judge([0.01, -0.2]).verdict, judge([0.2, 0.5]).verdict]).toEqual(['partly', 'fails']);
  });

  it('admits that there may be more than it was given', () => {
    expect(judge([0.01, 0.2]).ours).toMatch(/^at least 1 of 100/);
  });
});
