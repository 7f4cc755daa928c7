import { describe, expect, it } from 'vitest';

import { fitSettings } from '../../sae/defaults.ts';
import { demoConfig } from '../demo.ts';
import { budgetsUpTo, parseTrainSaeConfig, trainedTokens } from './config.ts';

describe('config of train-sae', () => {
  it('wants the largest budget read out: pages that name no budget are at it', () => {
    const parse = (budgets: number[]) => () => parseTrainSaeConfig({ ...demoConfig, k: 16, budgets });
    expect(parse([4, 8, 16])().budgets).toEqual([4, 8, 16]);
    for (const wrong of [[4, 8], [8, 4, 16], [16, 32], [16, 16], []]) expect(parse(wrong)).toThrow(/budgets/);
  });

  it('wants budgets up to the cap where thresholds choose, four times k', () => {
    const parse = (budgets: number[]) => () =>
      parseTrainSaeConfig({ ...demoConfig, kind: 'jumprelu', k: 16, budgets });
    expect(parse([16, 32, 64])().budgets).toEqual([16, 32, 64]);
    expect(parse([8, 16])).toThrow(/the last of them 64/);
    const narrow = { ...demoConfig, kind: 'batch-topk', features: 40, k: 16, budgets: [40] };
    expect(parseTrainSaeConfig(narrow).budgets).toEqual([40]);
  });

  it('takes installed corpora, files and data sets of the hub, and refuses other names before it looks for them', () => {
    const parse = (...names: string[]) => {
      const corpora = Object.fromEntries(names.map((name) => [name, 1]));
      return () => parseTrainSaeConfig({ ...demoConfig, corpora });
    };
    const known = ['reasoner-answers', 'file:/nowhere/notes.jsonl', 'hf:org/set/config:train'];
    expect(Object.keys(parse(...known)().corpora)).toEqual(known);
    expect(parse('english-prose', 'english-pose')).toThrow(
      /corpora: expected corpora of english-prose, .*file:<path>.*, got "english-pose"\. Correct the name\./,
    );
    expect(parse('hf:')).toThrow(/corpora: Corpus "hf:": expected hf:<dataset>.*Correct the name/);
  });

  it('has budgets for every k', () => {
    expect(budgetsUpTo(64)).toEqual(demoConfig.budgets);
    expect(budgetsUpTo(24)).toEqual([4, 8, 16, 24]);
    for (const k of [1, 3, 4]) expect(budgetsUpTo(k)).toEqual([k]);
  });

  it('counts the tokens of whole batches, as the fit reads them', () => {
    const config = { ...demoConfig, trainTokens: 5_000, batchTokens: 2_048 };
    const { stepTotal } = fitSettings({ hiddenWidth: 8, tokens: 5_000, batchTokens: 2_048 });
    expect(trainedTokens(config)).toBe(6_144);
    expect(trainedTokens(config)).toBe(stepTotal * config.batchTokens);
  });
});
