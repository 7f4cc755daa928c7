/** A batch of a fit: the rows its encoder reads and, where they differ (boosting), the rows it is to rebuild. */
import type { Tensor2D } from '@tensorflow/tfjs';

export interface HiddenPair {
  /** What the encoder reads. */
  readonly hidden_BD: Tensor2D;
  /** What is rebuilt, row by row. */
  readonly target_BD: Tensor2D;
}

/** One tensor is both. */
export type HiddenBatch = Tensor2D | HiddenPair;

export function toPair(batch: HiddenBatch): HiddenPair {
  return 'hidden_BD' in batch ? batch : { hidden_BD: batch, target_BD: batch };
}

export function disposeBatch(batch: HiddenBatch): void {
  const { hidden_BD, target_BD } = toPair(batch);
  hidden_BD.dispose();
  if (target_BD !== hidden_BD) target_BD.dispose();
}
