/** TopK dictionary (Gao et al. 2024): the hierarchical loss with the single budget K. */

export function topkBudgets(k: number): readonly number[] {
  return [k];
}
