/**
 * What a model says after hidden states were exchanged, beside what it said untouched: cross-entropy and KL, nats. Vocabularies
 * are large: logits are made for a few rows at a time, of every pass, and forgotten. Sums are float64.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { crossEntropy } from '../compute/layers.ts';
import { tf } from '../compute/tf.ts';
import type { ReadableModel } from './subject.ts';
import { withValues } from './with-values.ts';

/** 32 MiB of float32 in one of three arrays; a vocabulary of 152,000 is read in products of 55 rows. */
const MAX_LOGITS = 2 ** 23;

/** Of a vocabulary of V. */
export const judgedRows = (V: number): number => Math.max(1, Math.floor(MAX_LOGITS / V));

/** Sums over the judged tokens. */
export interface JudgedPass {
  ce: number;
  /** KL(untouched || this); 0 for the untouched pass. */
  kl: number;
}

export type Unembedding = Pick<ReadableModel, 'unembed' | 'unembedding_VD'>;

/** Adds every pass's share to `sums`; the first is the untouched one. Yields the rows done. */
export function* judgeRows(
  model: Unembedding,
  last_BDs: readonly Tensor2D[],
  targets: Int32Array,
  sums: readonly JudgedPass[],
): Generator<number, void> {
  const [untouched_BD, ...edited_BDs] = last_BDs;
  const V = model.unembedding_VD.shape[0];
  const rows = judgedRows(V);
  const probabilities = new Float32Array(Math.min(rows, targets.length) * V);
  for (let first = 0; first < targets.length; first += rows) {
    const here = targets.subarray(first, first + rows);
    const logitsOf = (last_BD: Tensor2D): Tensor2D =>
      tf.tidy(() => model.unembed(last_BD.slice([first, 0], [here.length, -1])));
    const original_BV = logitsOf(untouched_BD);
    const judge = createJudge(original_BV, here, probabilities);
    sums[0].ce += judge.ce;
    for (const [i, edited_BD] of edited_BDs.entries()) {
      const edited_BV = logitsOf(edited_BD);
      const { ce, kl } = judge.compare(edited_BV);
      edited_BV.dispose();
      sums[i + 1].ce += ce;
      sums[i + 1].kl += kl;
    }
    original_BV.dispose();
    yield first + here.length;
  }
}

interface Judge {
  readonly ce: number;
  compare(logits_BV: Tensor2D): { ce: number; kl: number };
}

/** `probabilities` is room for B x V of them. */
function createJudge(original_BV: Tensor2D, targets: Int32Array, probabilities: Float32Array): Judge {
  const V = original_BV.shape[1];
  const original = original_BV.dataSync() as Float32Array;
  const originalLosses = lossesOf(original_BV, targets);
  const logZ = originalLosses.map((loss, b) => loss + original[b * V + targets[b]]);
  logZ.forEach((z, b) => {
    for (let i = b * V; i < (b + 1) * V; i++) probabilities[i] = Math.exp(original[i] - z);
  });
  return {
    ce: sum(originalLosses),
    compare(logits_BV) {
      const losses = lossesOf(logits_BV, targets);
      const logits = logits_BV.dataSync() as Float32Array;
      const kl = losses.map((loss, b) => {
        let gap = 0;
        for (let i = b * V; i < (b + 1) * V; i++) gap += probabilities[i] * (original[i] - logits[i]);
        return gap - logZ[b] + loss + logits[b * V + targets[b]];
      });
      return { ce: sum(losses), kl: sum(kl) };
    },
  };
}

/** Of every row against its target; the loss of one is the backend's float32. */
export function lossesOf(logits_BV: Tensor2D, targets: Int32Array): Float64Array {
  return withValues(
    () => crossEntropy(logits_BV, tf.tensor1d(targets, 'int32')),
    (values) => Float64Array.from(values),
  );
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
