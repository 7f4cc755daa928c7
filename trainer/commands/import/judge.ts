/**
 * What a measurement on a few thousand tokens says against an import (the three mistakes that others made: a wrong
 * hookpoint, a threshold that was lost, inputs normalised once too often or not at all). Pure.
 */

export interface Measured {
  readonly tokenCount: number;
  readonly explainedVariance: number;
  /** Mean acts of a token. */
  readonly l0: number;
}

/** The same dictionary read otherwise. */
export interface Alternative {
  /** As the command line would say it. */
  readonly option: string;
  readonly explainedVariance: number;
}

/** Acts per token above this multiple of what the source says, or below its inverse, are another dictionary's. */
const L0_FACTOR = 3;
/** An alternative is named where it explains at least this much, and more than what was asked. */
const WORTH_NAMING = 0.3;

/** Reasons against; empty where there are none. */
export function judge(
  measured: Measured,
  advertisedL0: number | undefined,
  others: readonly Alternative[],
): string[] {
  const reasons: string[] = [];
  const { explainedVariance: ev, l0 } = measured;
  const better = others
    .filter((other) => other.explainedVariance > Math.max(WORTH_NAMING, ev))
    .sort((a, b) => b.explainedVariance - a.explainedVariance)
    .slice(0, 2)
    .map((other) => `with ${other.option} it explains ${percent(other.explainedVariance)}`);
  if (ev < 0) {
    reasons.push(
      `expected to explain some of the variance, got ${percent(ev)} (FVU ${(1 - ev).toFixed(2)}): worse than the mean of the ` +
        `hidden states. A wrong hookpoint, or inputs normalised twice or not at all${better.length > 0 ? `; ${better.join(', ')}` : ''}`,
    );
  }
  if (advertisedL0 !== undefined && l0 > L0_FACTOR * advertisedL0) {
    reasons.push(
      `expected about ${round(advertisedL0)} acts per token, as the source says, got ${round(l0)}: was its threshold lost, or ` +
        'its k? Look for it in the files it was made from',
    );
  }
  if (advertisedL0 !== undefined && l0 < advertisedL0 / L0_FACTOR) {
    reasons.push(
      `expected about ${round(advertisedL0)} acts per token, as the source says, got ${round(l0)}: were its inputs scaled in ` +
        `training? --input-scale gives the factor${better.length > 0 ? `; ${better.join(', ')}` : ''}`,
    );
  }
  return reasons;
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const round = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
