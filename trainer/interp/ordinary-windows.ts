/**
 * The evaluation set without attention sinks: tokens whose hidden states were too long to be trained on are read by the
 * model and not counted, as special tokens are. One more pass of the model, and only where the fit left them out, too.
 */
import { dropOutliers } from '../harvest/outliers.ts';
import type { ReadableModel, ReadOutProgress } from './subject.ts';
import { hiddenRows } from './collect-acts.ts';
import type { EvaluationWindows } from './windows.ts';

export interface OrdinaryOptions {
  readonly model: Pick<ReadableModel, 'hiddenAt'>;
  readonly hookpoint: string;
  /** As the harvest's; the batch is the yardstick. */
  readonly windowsPerBatch: number;
  /** Times the median norm; all are counted when absent. */
  readonly maxNormRatio?: number;
}

export function* countOrdinary(
  windows: EvaluationWindows,
  options: OrdinaryOptions,
): Generator<ReadOutProgress, EvaluationWindows> {
  const { maxNormRatio } = options;
  if (maxNormRatio === undefined) return windows;
  const counted_N = new Uint8Array(windows.counted_N.length);
  let done = 0;
  for (const { hidden_BD, token_B } of hiddenRows({ ...options, windows })) {
    const [B, D] = hidden_BD.shape;
    const hidden = hidden_BD.dataSync() as Float32Array;
    const rows = Array.from({ length: B }, (_, b) => b);
    for (const b of dropOutliers(hidden, rows, D, maxNormRatio)) counted_N[token_B[b]] = 1;
    hidden_BD.dispose();
    done += options.windowsPerBatch;
    yield { phase: 'outliers', done: Math.min(done, windows.windowCount), total: windows.windowCount };
  }
  return { ...windows, counted_N };
}
