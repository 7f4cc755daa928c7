/**
 * Mean norm of a hookpoint's hidden states, and the constant that would bring it to sqrt(D). A dictionary fitted on
 * scale * x reads x after its two biases are divided by scale: unit decoder rows let the acts absorb the rest.
 */
import { type HarvestOptions, createHarvest } from './harvest.ts';

export interface HiddenNorm {
  readonly meanNorm: number;
  /** sqrt(D) / meanNorm */
  readonly scale: number;
  /** Rows measured. */
  readonly rowCount: number;
}

/** Uses a harvest of its own, so the caller's stays at its start. */
export function measureHiddenNorm(options: HarvestOptions): HiddenNorm {
  const rowCount = options.sequencesPerBatch * (options.contextLength - (options.skipFirst ?? 1));
  const harvest = createHarvest({ ...options, scale: 1, batchTokens: rowCount, bufferTokens: 2 * rowCount });
  const hidden_BD = harvest.next();
  const D = hidden_BD.shape[1];
  const meanNorm = meanNormOf(hidden_BD.dataSync() as Float32Array, D);
  hidden_BD.dispose();
  return { meanNorm, scale: Math.sqrt(D) / meanNorm, rowCount };
}

function meanNormOf(rows_BD: Float32Array, D: number): number {
  let sum = 0;
  for (let start = 0; start < rows_BD.length; start += D) {
    let square = 0;
    for (let d = 0; d < D; d++) square += rows_BD[start + d] ** 2;
    sum += Math.sqrt(square);
  }
  return sum / (rows_BD.length / D);
}
