/** Strength to one of the nine steps of the sequential scale; the numbers behind the legend. */
export const ACT_STEPS = 9;

/** Step 1…9 of an act against the strongest the page shows; 0 for no act. */
export function actStep(act: number, maxAct: number): number {
  if (!(act > 0) || !(maxAct > 0)) return 0;
  return Math.min(ACT_STEPS, Math.max(1, Math.ceil((act / maxAct) * ACT_STEPS)));
}

/** Upper edge of each step, for the legend. */
export function actEdges(maxAct: number): number[] {
  return Array.from({ length: ACT_STEPS }, (_, step) => ((step + 1) / ACT_STEPS) * maxAct);
}
