import { describe, expect, it } from 'vitest';
import type { FitProgress } from '../../lm-fit/fit.ts';
import { formatLime, parseLime } from './lime-option.ts';
import { DEMO_MIXTURE, formatMixture, parseMixture } from './mixture.ts';
import { parseCount, parsePositive, parseSeed } from './options.ts';
import { createProgressLine } from './progress-line.ts';

describe('the mixture option', () => {
  it('reads what it writes', () => {
    expect(parseMixture(formatMixture(DEMO_MIXTURE))).toEqual(DEMO_MIXTURE);
  });

  it('takes text of one’s own, at a path that holds for a worker too', () => {
    expect(parseMixture('file:/data/a=b.jsonl=0.5,hf:org/set/sub:train=1')).toEqual({
      'file:/data/a=b.jsonl': 0.5,
      'hf:org/set/sub:train': 1,
    });
    expect(Object.keys(parseMixture('file:notes.txt=1'))).toEqual([`file:${process.cwd()}/notes.txt`]);
    expect(() => parseMixture('hf:a/b/c/d=1')).toThrow(/hf:<dataset>/);
  });

  it.each(['poetry=1', 'english-prose', 'english-prose=0', 'english-prose=1=2', 'english-prose=x', ''])(
    'refuses "%s", naming the corpora there are',
    (text) => {
      expect(() => parseMixture(text)).toThrow(/corpora of english-prose, typescript-declarations/);
    },
  );
});

describe('numbers given as options', () => {
  it('are refused when they cannot be meant', () => {
    expect([parseCount('12'), parsePositive('2e-3'), parseSeed('0')]).toEqual([12, 0.002, 0]);
    for (const text of ['0', '-1', '1.5', 'ten', 'Infinity']) expect(() => parseCount(text)).toThrow(text);
    for (const text of ['0', '-1', 'x', 'Infinity']) expect(() => parsePositive(text)).toThrow(text);
    for (const text of ['-1', '4294967296', '0.5']) expect(() => parseSeed(text)).toThrow(text);
  });
});

describe('the lime option', () => {
  it.each(['all', 'last-2', 'first-12', 'uniform', 'dynamic'])('reads what it writes: %s', (text) => {
    expect(formatLime(parseLime(text))).toBe(text);
  });

  it.each(['none', 'last', 'last-0', 'first--1', ''])('refuses "%s"', (text) => {
    expect(() => parseLime(text)).toThrow(/all, last-N, first-N, uniform or dynamic/);
  });
});

describe('the progress line', () => {
  const at = (step: number, lossNats: number): FitProgress => ({
    step,
    stepTotal: 100,
    tokens: step * 1000,
    lossNats,
    gradientNorm: 1,
    learningRate: 0.001,
  });

  it('comes once per interval with the mean loss, the speed and the time left', () => {
    let nowMs = 0;
    const line = createProgressLine(() => nowMs, 10_000);
    expect(line(at(1, 5))).toBeUndefined();
    nowMs = 5_000;
    expect(line(at(6, 4))).toBeUndefined();
    nowMs = 10_000;
    // 10 steps of 1,000 tokens in 10 s; 89 steps left at that speed take 89 s.
    expect(line(at(11, 3))).toBe('step 11/100  loss 4.000  gradient 1.00  1000 tokens/s  1.5 min left');
  });

  it('prints a measurement on held-out text at once', () => {
    const byCorpus = [{ corpus: 'a', lossNats: 3.25, tokenCount: 8 }];
    const progress = { ...at(2, 5), evaluation: { lossNats: 3.25, tokenCount: 8, byCorpus } };
    expect(createProgressLine(() => 0, 10_000)(progress)).toBe('  held out, nats per token: a 3.250');
  });
});
