/**
 * Learning-rate schedules: pure functions of the step. All rise linearly over the warm-up (reaching the peak on its
 * last step, so that the first step already moves) and differ in how they fall.
 */

export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine';
  readonly peak: number;
  /** Where a falling schedule ends, on the last step. */
  readonly final: number;
  readonly warmupSteps: number;
  /** Steps of the fall, the last ones; 'cosine' and 'linear' stay at the peak before them. */
  readonly decaySteps: number;
  readonly stepTotal: number;
}

/** Rate of a 1-based step; beyond the last step it keeps the final value. */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { kind, peak, final, warmupSteps, decaySteps, stepTotal } = schedule;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  const fallen = step - (stepTotal - decaySteps);
  if (kind === 'constant' || decaySteps === 0 || fallen <= 0) return peak;
  const share = Math.min(1, fallen / decaySteps);
  switch (kind) {
    case 'linear':
      return peak + (final - peak) * share;
    case 'cosine':
      return final + ((peak - final) * (1 + Math.cos(Math.PI * share))) / 2;
    default:
      return kind satisfies never;
  }
}

/** Warm-up, then a cosine over everything that is left. */
export function cosineSchedule(options: {
  peak: number;
  final?: number;
  warmupSteps: number;
  stepTotal: number;
}): Schedule {
  const decaySteps = Math.max(0, options.stepTotal - options.warmupSteps);
  return { kind: 'cosine', final: 0, decaySteps, ...options };
}

/** Warm-up, a plateau, then a straight fall over the last decaySteps (all the rest when absent). */
export function linearSchedule(options: {
  peak: number;
  final?: number;
  warmupSteps: number;
  decaySteps?: number;
  stepTotal: number;
}): Schedule {
  const rest = Math.max(0, options.stepTotal - options.warmupSteps);
  return { kind: 'linear', final: 0, ...options, decaySteps: Math.min(rest, options.decaySteps ?? rest) };
}
