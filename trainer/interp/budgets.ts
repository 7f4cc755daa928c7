/**
 * The stored budgets of a dictionary. An act of rank r (0 is its token's strongest) is there at budget j exactly when
 * r < j, so what is counted at the first budget that shows a rank, summed upwards, is the count at every budget.
 */
export interface Budgets {
  /** Ascending. */
  readonly values: readonly number[];
  /** The largest. */
  readonly k: number;
  /** For every rank below k: index of the smallest budget that shows it. */
  readonly levelOfRank: Uint8Array;
}

export function createBudgets(values: readonly number[]): Budgets {
  const isAscending = values.every((value, i) => Number.isInteger(value) && value > (values[i - 1] ?? 0));
  if (values.length === 0 || values.length > 64 || !isAscending) {
    throw new Error(
      `budgets: expected 1 to 64 ascending integers from 1, got [${values.join(', ')}]. Sort them.`,
    );
  }
  const k = values[values.length - 1];
  const levelOfRank = Uint8Array.from({ length: k }, (_, rank) => values.findIndex((value) => rank < value));
  return { values, k, levelOfRank };
}

/** counts holds `stride` numbers per level: adds every level to the next. */
export function cumulate(counts: Uint32Array | Float64Array, levels: number, stride: number): void {
  for (let i = stride; i < levels * stride; i++) counts[i] += counts[i - stride];
}
