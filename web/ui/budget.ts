/** The budget an address asks for, among those that are stored. */
export function pickBudget(
  asked: string | readonly string[] | undefined,
  budgets: readonly number[],
): number {
  const largest = budgets[budgets.length - 1] ?? 0;
  const wanted = typeof asked === 'string' && asked.trim() !== '' ? Number(asked) : Number.NaN;
  if (!Number.isFinite(wanted)) return largest;
  // A budget that is not stored shows the nearest one that is.
  return budgets.reduce(
    (best, budget) => (Math.abs(budget - wanted) < Math.abs(best - wanted) ? budget : best),
    largest,
  );
}
