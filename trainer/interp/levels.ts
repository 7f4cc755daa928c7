/** The dictionary's metrics at every budget, put together from the pass over the acts and the spliced forward passes. */
import type { Budgets } from './budgets.ts';
import type { Fidelity } from './fidelity.ts';
import type { LevelRecord } from './records.ts';

export interface LevelInput {
  readonly budgets: Budgets;
  readonly explainedVariance: readonly number[];
  readonly fidelity: Fidelity;
  /** Per budget: acts over all features and tokens, and features without a single one. */
  readonly actCount: readonly number[];
  readonly silentCount: readonly number[];
  readonly width: number;
  readonly tokenCount: number;
}

export function createLevels(input: LevelInput): LevelRecord[] {
  const { budgets, fidelity, tokenCount } = input;
  return budgets.values.map((budget, level) => {
    const ceSpliced = fidelity.ceSpliced[level];
    return {
      budget,
      explainedVariance: input.explainedVariance[level],
      ceOriginal: fidelity.ceOriginal,
      ceSpliced,
      ceZero: fidelity.ceZero,
      ceRecovered: ceRecovered(fidelity.ceOriginal, ceSpliced, fidelity.ceZero),
      deltaCe: ceSpliced - fidelity.ceOriginal,
      klNats: fidelity.klNats[level],
      l0: input.actCount[level] / tokenCount,
      deadFraction: input.silentCount[level] / input.width,
      tokenCount,
      ceTokenCount: fidelity.tokenCount,
    };
  });
}

/** Unclamped: above 1 and below 0 are legal. Null where zeroing the hookpoint does not hurt the model. */
export function ceRecovered(original: number, spliced: number, zero: number): number | null {
  return zero > original ? (zero - spliced) / (zero - original) : null;
}
