/**
 * Matryoshka BatchTopK (Bussmann et al. 2025, 2503.17547): nested prefixes of the features, m_1 < ... < m_G = F, each of
 * which must rebuild alone from the acts that one BatchTopK over all features kept. L = mean over prefixes of |x - x̂_g|²
 * (sae-peers §5.11: SAELens's terms, averaged). Columns are arranged by prefix, so that x̂_g is a sum of first columns.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { followThreshold, selectByThreshold } from './batch-topk.ts';
import type { FitKindSpec } from './fit-kind.ts';
import { passChosen } from './pass.ts';

/** A sixteenth, an eighth, ... of the features, and all. */
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

export function matryoshkaGroupEnds(width: number): readonly number[] {
  return [...new Set(SHARES.map((share) => Math.max(1, Math.round(share * width))))];
}

export const matryoshkaBatchTopK: FitKindSpec = {
  defaults: ({ width }) => ({ groupEnds: matryoshkaGroupEnds(width) }),
  check({ groupEnds = [], width }) {
    const isRising = groupEnds.every((end, g) => Number.isInteger(end) && end > (groupEnds[g - 1] ?? 0));
    if (isRising && groupEnds.at(-1) === width) return;
    throw new RangeError(
      `groupEnds: expected ascending integers of which the last is the width ${width}, got [${groupEnds.join(', ')}].`,
    );
  },
  budgetsOf: ({ k }) => [k],
  trainsThreshold: false,
  async pass(input) {
    const { kernels, settings, weights, read_BD } = input;
    const { encoder_FD, encoderBias_F } = weights;
    const top = await kernels.encodeBatchTopK({
      hidden_BD: read_BD,
      encoder_FD,
      encoderBias_F,
      k: settings.k,
    });
    const { budgets, ...arranged } = await arrangeByPrefix(top, settings.groupEnds ?? []);
    tf.dispose({ ...top });
    return passChosen(input, arranged, budgets);
  },
  nextState: followThreshold,
  selectionOf: selectByThreshold,
  isCalibrated: true,
};

/**
 * The same acts with those of each group of features, [m_g-1, m_g), in columns of their own: as many as the fullest row
 * needs, at least one. `budgets` says where each group's columns end.
 */
export async function arrangeByPrefix(
  top: TopActs,
  groupEnds: readonly number[],
): Promise<TopActs & { readonly budgets: readonly number[] }> {
  const [B, K] = top.acts_BK.shape;
  const [acts, indices] = await Promise.all([top.acts_BK.data(), top.indices_BK.data()]);
  const G = groupEnds.length;
  const counts_BG = new Int32Array(B * G);
  const group_BK = new Int8Array(B * K);
  for (let i = 0; i < B * K; i++) {
    if (!(acts[i] > 0)) continue;
    const group = groupEnds.findIndex((end) => indices[i] < end);
    group_BK[i] = group;
    counts_BG[Math.floor(i / K) * G + group] += 1;
  }
  const budgets = columnEnds(counts_BG, G);
  const columns = budgets[G - 1];
  const [arrangedActs, arrangedIndices] = [new Float32Array(B * columns), new Int32Array(B * columns)];
  counts_BG.fill(0);
  for (let i = 0; i < B * K; i++) {
    if (!(acts[i] > 0)) continue;
    const [row, group] = [Math.floor(i / K), group_BK[i]];
    const at = row * columns + (budgets[group - 1] ?? 0) + counts_BG[row * G + group]++;
    arrangedActs[at] = acts[i];
    arrangedIndices[at] = indices[i];
  }
  return {
    acts_BK: tf.tensor2d(arrangedActs, [B, columns]),
    indices_BK: tf.tensor2d(arrangedIndices, [B, columns], 'int32') as Tensor2D,
    budgets,
  };
}

function columnEnds(counts_BG: Int32Array, G: number): number[] {
  const widest = new Array<number>(G).fill(1);
  for (let i = 0; i < counts_BG.length; i++) widest[i % G] = Math.max(widest[i % G], counts_BG[i]);
  let end = 0;
  return widest.map((columns) => (end += columns));
}
