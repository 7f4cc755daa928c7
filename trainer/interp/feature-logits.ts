/**
 * What a feature pushes the model to say: its decoder row, where it is one of heads through their output projection, then
 * through the final norm's weight and the unembedding, logits per unit of act. A linearisation: later layers, the norm's division and everything else in the hidden state are left out.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { FeatureLogitRecord } from './records.ts';
import type { ReadableModel, ReadOutProgress } from './subject.ts';
import { pickTop } from './top-indices.ts';
import { withValues } from './with-values.ts';

/** Tokens kept on each side. */
export const LOGITS_PER_SIDE = 10;

/** 16 MiB of float32: features per product = this / V. */
const MAX_LOGITS = 2 ** 22;

export function* pickLogits(
  decoder_FX: Tensor2D,
  { unembedding_VD, finalNorm_D }: Pick<ReadableModel, 'unembedding_VD' | 'finalNorm_D'>,
  output_DX?: Tensor2D,
): Generator<ReadOutProgress, FeatureLogitRecord[]> {
  const [F, X] = decoder_FX.shape;
  const V = unembedding_VD.shape[0];
  const rows = Math.max(1, Math.min(F, Math.floor(MAX_LOGITS / V)));
  const records: FeatureLogitRecord[] = [];
  for (let first = 0; first < F; first += rows) {
    const count = Math.min(rows, F - first);
    withValues(
      () => {
        const rows_FX = decoder_FX.slice([first, 0], [count, X]);
        const direction_FD = output_DX ? tf.matMul<Tensor2D>(rows_FX, output_DX, false, true) : rows_FX;
        const scaled_FD = finalNorm_D ? direction_FD.mul<Tensor2D>(tf.tensor1d(finalNorm_D)) : direction_FD;
        return tf.matMul(scaled_FD, unembedding_VD, false, true);
      },
      (logits_FV) => {
        const negated_FV = logits_FV.map((value) => -value);
        for (let f = 0; f < count; f++) {
          addSide(records, first + f, 'top', logits_FV, pickTop(logits_FV, f * V, V, LOGITS_PER_SIDE), f * V);
          addSide(
            records,
            first + f,
            'bottom',
            logits_FV,
            pickTop(negated_FV, f * V, V, LOGITS_PER_SIDE),
            f * V,
          );
        }
      },
    );
    yield { phase: 'logits', done: first + count, total: F };
  }
  return records;
}

function addSide(
  records: FeatureLogitRecord[],
  feature: number,
  side: 'top' | 'bottom',
  logits_FV: Float32Array,
  tokens: Int32Array,
  start: number,
): void {
  tokens.forEach((token, rank) =>
    records.push({ feature, side, rank, token, value: logits_FV[start + token] }),
  );
}
