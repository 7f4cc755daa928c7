import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTrials } from '../../store/trials.ts';
import { handleBudgetCurve } from '../budget-curve.ts';
import { type HandledRuns, openHandledRuns, PATIENCE_MS } from '../handled-runs.fixture.ts';
import { BUDGET_CURVE_DEFAULTS, type BudgetCurveConfig } from './config.ts';

const config: BudgetCurveConfig = {
  ...BUDGET_CURVE_DEFAULTS,
  ...{ slug: 'tiny-curve', name: 'Tiny curve', budgets: [2, 8], features: 96, learningRate: null },
  ...{ corpora: { 'russian-messages': 1 }, contextLength: 64, trainTokens: 10_000, batchTokens: 512 },
  ...{ bufferTokens: 4_096, evaluateTokens: 2_000, metricTokens: 300 },
  ...{ checkpointEverySteps: 5, reportEverySteps: 2 },
  // As train-sae has them.
  ...{ packing: 'document', skipFirst: 2, maxNormRatio: 10, cache: 'f32' },
};

let runs: HandledRuns;
beforeAll(async () => void (runs = await openHandledRuns()), PATIENCE_MS);
afterAll(() => runs?.close());

const handle = (slug: string, signal?: AbortSignal): Promise<void> =>
  runs.handle(
    handleBudgetCurve,
    { slug, kind: 'budget-curve', name: config.name, config: { ...config, slug } },
    signal,
  );

const weightsOf = (slug: string, name: string) =>
  readFile(path.join(runs.home, 'runs', slug, `${name}.safetensors`));

test(
  'one pass gives a trial for every dictionary, at its budgets, as one that never stopped would',
  async () => {
    await expect(handle('tiny-curve', runs.abortAtStep('tiny-curve', 7))).rejects.toThrow();
    expect((await loadTrials(runs.db, 'budget-curve')).trials).toEqual([]);
    await handle('tiny-curve');
    const { trials, provenances } = await loadTrials(runs.db, 'budget-curve');
    const found = trials.map(({ slug, evaluations }) => [
      slug.replace(/^budget-curve\/residua-demo\/-\//, ''),
      evaluations.map(({ budget }) => budget),
    ]);
    expect(found).toEqual([
      ['batch-topk/k2/t10240/s0', [2]],
      ['batch-topk/k8/t10240/s0', [8]],
      ['hierarchical-topk/k8/t10240/s0', [2, 8]],
      ['jumprelu/k2/t10240/s0', [2]],
      ['jumprelu/k8/t10240/s0', [8]],
      ['topk/k2/t10240/s0', [2, 8]],
      ['topk/k8/t10240/s0', [2, 8]],
    ]);
    expect(provenances).toHaveLength(1);
    expect(provenances[0].command).toMatch(/^residua budget-curve .*--budgets 2,8/);
    expect(provenances[0].bosPolicy).toMatch(
      /^none; no window .* two documents; the first 2 token.* longer than 10 times their median/,
    );
    for (const { method, evaluations } of trials) {
      const last = evaluations[evaluations.length - 1];
      expect(last.explainedVariance).toBeGreaterThan(0.1);
      if (method.endsWith('topk') && method !== 'batch-topk') expect(last.l0).toBeLessThanOrEqual(8);
    }
    await handle('undisturbed');
    for (const name of ['hierarchical-topk-8', 'batch-topk-2', 'jumprelu-8']) {
      expect((await weightsOf('undisturbed', name)).equals(await weightsOf('tiny-curve', name))).toBe(true);
    }
  },
  PATIENCE_MS,
);
