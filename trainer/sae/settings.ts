/** Everything that decides the bytes of a fitted dictionary, besides the hidden states themselves. */
import type { Schedule } from '../optim/schedule.ts';
import { type FitKind, KINDS } from './kinds.ts';

export interface FitSettings {
  readonly kind: FitKind;
  /** Features F. */
  readonly width: number;
  readonly hiddenWidth: number;
  /** Largest budget K. */
  readonly k: number;
  /** The loss averages over these; the kind's own when absent. */
  readonly budgets?: readonly number[];
  readonly seed: number;
  readonly stepTotal: number;
  readonly schedule: Schedule;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Global norm of all gradients, in scaled units. */
  readonly gradientNormLimit: number;
  /** Weight of the auxiliary loss; 0 turns it off. */
  readonly auxCoefficient: number;
  /** Acts per row in the auxiliary loss; D/2 when absent (Gao et al. 2024, App. A.2). */
  readonly auxK?: number;
  /** A feature silent for so many tokens is dead. */
  readonly deadAfterTokens: number;
  /** Hidden states read before the first step, for the bias and the scale; not trained on. */
  readonly initTokens: number;
}

export function budgetsOf(settings: FitSettings): readonly number[] {
  return settings.budgets ?? KINDS[settings.kind].budgetsOf(settings.k);
}

export function checkSettings(settings: FitSettings): void {
  const { width, hiddenWidth, k, stepTotal, initTokens } = settings;
  const positive = { width, hiddenWidth, k, stepTotal, initTokens };
  for (const [name, value] of Object.entries(positive)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a positive integer, got ${value}.`);
    }
  }
  if (k > width) {
    throw new RangeError(
      `k: expected at most the width ${width}, got ${k}. Lower k or widen the dictionary.`,
    );
  }
}
