import { describe, expect, it } from 'vitest';
import { fitSettings, peakLearningRate, type Recipe } from './defaults.ts';
import type { FitKind } from './kinds.ts';

describe('the recipe', () => {
  it('meets 2e-4 / √(F / 2^14) at long runs and its own rates at short ones', () => {
    expect(peakLearningRate(65_536, 1e9)).toBeCloseTo(1e-4, 10);
    expect(peakLearningRate(16_384, 1e9)).toBeCloseTo(2e-4, 10);
    expect(peakLearningRate(4096, 2e6)).toBeCloseTo(1e-3, 10);
    expect(peakLearningRate(4096, 2e5)).toBeCloseTo(2e-3, 10);
  });

  it('derives steps, schedule and the dead-feature window from the tokens', () => {
    const settings = fitSettings({ hiddenWidth: 256, tokens: 2_000_000 });
    expect(settings).toMatchObject({ width: 4096, k: 64, stepTotal: 977, deadAfterTokens: 200_000 });
    expect(settings.schedule).toMatchObject({ peak: 1e-3, warmupSteps: 49, decaySteps: 782, stepTotal: 977 });
  });

  it('lets each kind add what it needs', () => {
    const settingsOf = (kind: FitKind, more: Partial<Recipe> = {}) =>
      fitSettings({ kind, hiddenWidth: 256, tokens: 2_000_000, k: 32, ...more });
    expect(settingsOf('matryoshka-batch-topk').groupEnds).toEqual([256, 512, 1024, 2048, 4096]);
    expect(settingsOf('topk').sparsity).toBeUndefined();
    expect(settingsOf('jumprelu').sparsity).toMatchObject({ loss: 'step-l0', targetL0: 32, warmupSteps: 98 });
    const tanh = settingsOf('jumprelu', { sparsityLoss: 'tanh', sparsityCoefficient: 5 }).sparsity;
    expect(tanh).toMatchObject({ loss: 'tanh', coefficient: 5, targetL0: null, warmupSteps: 977 });
  });

  it('never asks for more acts than features, or for dead features older than 10 M tokens', () => {
    expect(fitSettings({ hiddenWidth: 8, tokens: 100, width: 16 }).k).toBe(16);
    expect(fitSettings({ hiddenWidth: 8, tokens: 1e9 }).deadAfterTokens).toBe(10_000_000);
  });
});
