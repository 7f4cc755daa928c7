/**
 * HierarchicalTopK (2505.24473): acts sorted descending, L = mean over budgets j in J of |x - x̂_j|², so that one set of
 * weights is good at every budget. J is 1..K or any part of it; equations in docs/methods.
 */
import type { FitKindSpec } from './fit-kind.ts';
import { passChosen } from './pass.ts';

/** J = 1..K, the paper's. */
export function hierarchicalBudgets(k: number): readonly number[] {
  return Array.from({ length: k }, (_, i) => i + 1);
}

export const hierarchicalTopK: FitKindSpec = fitTopK(hierarchicalBudgets);

/** The k strongest of every row; `budgetsOf` says J where the settings do not. */
export function fitTopK(budgetsOf: (k: number) => readonly number[]): FitKindSpec {
  return {
    defaults: () => ({}),
    budgetsOf: ({ budgets, k }) => budgets ?? budgetsOf(k),
    trainsThreshold: false,
    async pass(input) {
      const { kernels, settings, weights, read_BD } = input;
      const { encoder_FD, encoderBias_F } = weights;
      const top = kernels.encodeTopK({ hidden_BD: read_BD, encoder_FD, encoderBias_F, k: settings.k });
      return Promise.resolve(passChosen(input, top, settings.budgets ?? budgetsOf(settings.k)));
    },
    selectionOf: ({ k }) => ({ by: 'topk', k }),
    isCalibrated: false,
  };
}
