/** Which pairs an assignment looks at, and how much it can have missed by that. Pure. */
import type { Assignment, SparseGraph } from './assignment.ts';

export interface Pair {
  readonly feature: number;
  /** 0 is the likest. */
  readonly rank: number;
  readonly other: number;
  /** Cosine or correlation. */
  readonly value: number;
}

/** Pairs found from either side, each once: `forward` by features of a, `backward` by features of b. */
export function joinCandidates(
  size: { readonly rows: number; readonly columns: number },
  forward: readonly Pair[],
  backward: readonly Pair[],
): SparseGraph {
  const { rows, columns } = size;
  const edges = new Map<number, number>();
  for (const { feature, other, value } of forward) edges.set(feature * columns + other, value);
  for (const { feature, other, value } of backward) edges.set(other * columns + feature, value);
  const starts_R = new Uint32Array(rows + 1);
  for (const key of edges.keys()) starts_R[Math.floor(key / columns) + 1] += 1;
  for (let r = 0; r < rows; r++) starts_R[r + 1] += starts_R[r];
  const next_R = starts_R.slice(0, rows);
  const columns_E = new Uint32Array(edges.size);
  const weights_E = new Float64Array(edges.size);
  for (const [key, value] of edges) {
    const e = next_R[Math.floor(key / columns)]++;
    [columns_E[e], weights_E[e]] = [key % columns, value];
  }
  return { rows, columns, starts_R, columns_E, weights_E };
}

/**
 * By how much the total over all pairs can be greater at most. A pair left out of row r weighs at most the least that was
 * kept of it, and prices of columns are at most 0: what that exceeds the price of the row by is all it could bring.
 */
export function boundGap({ price_R }: Assignment, forward: readonly Pair[]): number {
  const least_R = new Float64Array(price_R.length).fill(Infinity);
  for (const { feature, value } of forward) least_R[feature] = Math.min(least_R[feature], value);
  let gap = 0;
  for (let r = 0; r < price_R.length; r++) {
    if (least_R[r] < Infinity) gap += Math.max(0, least_R[r] + price_R[r]);
  }
  return gap;
}
