import { expect, test } from 'vitest';

import { sumItems } from '../../compute/memory.ts';
import { loadConfig } from '../../lm/model.ts';
import { planTrainSae } from '../train-sae/memory.ts';
import { checkout } from '../settings.ts';
import { demoConfig } from '../demo.ts';
import { BUDGET_CURVE_DEFAULTS, parseBudgetCurveConfig } from './config.ts';
import { planBudgetCurve } from './memory.ts';
import path from 'node:path';

const backend = { isReference: false, blockValues: 2 ** 22, isFused: true };
const config = parseBudgetCurveConfig({
  ...BUDGET_CURVE_DEFAULTS,
  ...{ slug: 'curve', name: 'Curve', learningRate: null, kinds: ['topk'], budgets: [4, 8, 16] },
});
const bytesOf = (plan: ReturnType<typeof planBudgetCurve>['plan'], phase: string) =>
  sumItems(plan.phases.find(({ name }) => name === phase)!.items).totalBytes;

test('every dictionary beside the first adds its weights and both moments to the fit, and its weights to the evaluation', async () => {
  const model = await loadConfig(path.resolve(checkout, config.modelFolder));
  const { plan, dials } = planBudgetCurve(config, model, backend);
  const alone = planTrainSae(
    { ...demoConfig, ...config, k: 16, budgets: [16], readTokens: config.evaluateTokens },
    model,
    backend,
  ).plan;
  const matrices = 2 * 4 * (4096 + 1) * 256;
  expect(bytesOf(plan, 'fit') - bytesOf(alone, 'fit')).toBe(2 * (3 * matrices + 8 * 4096));
  const packed = 4 * 4096 * 256;
  // Three dictionaries at three budgets are judged together: nine levels instead of one.
  const ends = 8 * 4 * 16 * config.contextLength * 256;
  expect(bytesOf(plan, 'evaluate') - bytesOf(alone, 'read-out: cross-entropy')).toBe(
    2 * (matrices + packed) + ends,
  );
  const narrower = dials.find(({ flag }) => flag === '--features')!.planAt(1024);
  expect(bytesOf(narrower, 'fit')).toBeLessThan(bytesOf(plan, 'fit'));
});
