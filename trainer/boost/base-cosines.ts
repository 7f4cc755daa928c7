/** How new the features of a boost are: the cosine of each decoder row with the nearest rows of its base. */
import type { Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';

const COSINE_BINS = 40;
/** 16 MiB of float32: rows per product = this / F. */
const MAX_COSINES = 2 ** 22;

export interface Nearest {
  readonly feature: number;
  /** 0 is the nearest. */
  readonly rank: number;
  /** Of the base. */
  readonly other: number;
  readonly cosine: number;
}

/** The `count` nearest base rows of every row, by rows and rank; a row of zeros has cosine 0 with all. */
export function nearestRows(rows_ND: Tensor2D, base_FD: Tensor2D, count: number): Nearest[] {
  const [N, D] = rows_ND.shape;
  const F = base_FD.shape[0];
  const most = Math.max(1, Math.floor(MAX_COSINES / F));
  const [unit_ND, unit_FD] = [tf.tidy(() => unitRows(rows_ND)), tf.tidy(() => unitRows(base_FD))];
  const found: Nearest[] = [];
  for (let first = 0; first < N; first += most) {
    const rows = Math.min(most, N - first);
    const cosine_NF = tf.tidy(() => tf.matMul(unit_ND.slice([first, 0], [rows, D]), unit_FD, false, true));
    const cosines = cosine_NF.dataSync() as Float32Array;
    for (let n = 0; n < rows; n++) {
      const best = nearest(cosines.subarray(n * F, (n + 1) * F), Math.min(count, F));
      best.forEach(([other, cosine], rank) => found.push({ feature: first + n, rank, other, cosine }));
    }
    cosine_NF.dispose();
  }
  tf.dispose([unit_ND, unit_FD]);
  return found;
}

/** Counts in equal bins from -1 to 1. */
export function cosineHistogram(cosines: Iterable<number>, bins = COSINE_BINS): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const cosine of cosines) {
    const bin = Math.floor(((cosine + 1) / 2) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))] += 1;
  }
  return counts;
}

function unitRows(rows: Tensor2D): Tensor2D {
  return rows.div<Tensor2D>(rows.norm('euclidean', 1, true).maximum(1e-12));
}

/** Indices and values of the largest, ties to the lowest index. Rounding may put a cosine a hair beyond ±1. */
function nearest(cosine_F: Float32Array, count: number): [number, number][] {
  const best: number[] = [];
  for (let f = 0; f < cosine_F.length; f++) {
    if (best.length === count && cosine_F[f] <= cosine_F[best[count - 1]]) continue;
    if (best.length === count) best.pop();
    let at = best.length;
    while (at > 0 && cosine_F[best[at - 1]] < cosine_F[f]) at -= 1;
    best.splice(at, 0, f);
  }
  return best.map((f) => [f, Math.min(1, Math.max(-1, cosine_F[f]))]);
}
