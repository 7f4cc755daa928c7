/** TopK dictionary (Gao et al. 2024): the hierarchical loss with the single budget K. */
import type { FitKindSpec } from './fit-kind.ts';
import { fitTopK } from './hierarchical-topk.ts';

export function topkBudgets(k: number): readonly number[] {
  return [k];
}

export const topk: FitKindSpec = fitTopK(topkBudgets);
