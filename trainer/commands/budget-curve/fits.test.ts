import { expect, test } from 'vitest';

import type { DictionaryWeights } from '../../sae/dictionary.ts';
import { BUDGET_CURVE_DEFAULTS, parseBudgetCurveConfig } from './config.ts';
import { contendersOf, fitOf, readerOf } from './fits.ts';

const config = parseBudgetCurveConfig({
  ...BUDGET_CURVE_DEFAULTS,
  ...{ slug: 'curve', name: 'Curve', learningRate: null, features: 64, budgets: [2, 4, 8] },
});
const names = (kinds: typeof config.kinds) => contendersOf({ ...config, kinds }).map(({ name }) => name);

test('one hierarchical dictionary stands against one of every other kind for each budget', () => {
  expect(names(['hierarchical-topk', 'topk'])).toEqual(['hierarchical-topk-8', 'topk-2', 'topk-4', 'topk-8']);
  expect(names(['jumprelu'])).toEqual(['jumprelu-2', 'jumprelu-4', 'jumprelu-8']);
});

test('all are fitted for the same steps at the same rate from the same seed', () => {
  const fits = contendersOf(config).map((one) => fitOf(one, config, 16).settings);
  for (const of of ['stepTotal', 'schedule', 'seed', 'width'] as const) {
    expect(new Set(fits.map((settings) => JSON.stringify(settings[of]))).size).toBe(1);
  }
  expect(fits.map(({ k }) => k)).toEqual([8, 2, 4, 8, 2, 4, 8, 2, 4, 8]);
});

test('a TopK is read at every budget, also above its own k; a threshold at its own acts, on record as the k it aimed at', () => {
  const weights = { k: 2, selection: { by: 'topk', k: 2 } } as DictionaryWeights;
  const contender = { name: 'topk-2', kind: 'topk', k: 2 } as const;
  expect(readerOf(contender, weights, [2, 4, 8])).toEqual({
    weights: { k: 8, selection: { by: 'topk', k: 8 } },
    budgets: [2, 4, 8],
    recorded: [2, 4, 8],
  });
  const byThreshold = {
    k: 8,
    selection: { by: 'threshold', threshold_F: new Float32Array(4) },
  } as DictionaryWeights;
  const read = readerOf({ name: 'jumprelu-2', kind: 'jumprelu', k: 2 }, byThreshold, [2, 4, 8]);
  expect(read).toEqual({ weights: byThreshold, budgets: [8], recorded: [2] });
});

test('budgets out of order, above the width, and unknown corpora are refused', () => {
  const parse = (changes: object) => () => parseBudgetCurveConfig({ ...config, ...changes });
  expect(parse({ budgets: [8, 4] })).toThrow(/budgets: expected ascending/);
  expect(parse({ budgets: [4, 65] })).toThrow(/budgets: expected at most the number of features/);
  expect(parse({ corpora: { nowhere: 1 } })).toThrow(
    /corpora: expected corpora of english-prose.*got "nowhere"/,
  );
  expect(parse({ kinds: ['topk', 'topk'] })).toThrow(/kinds: expected different ones/);
});
