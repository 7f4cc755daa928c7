/** Cosines of two dictionaries' rows, and the one-to-one partners among them. */
import type { Tensor2D } from '@tensorflow/tfjs';

import { nearestRows } from '../../boost/base-cosines.ts';
import { tf } from '../../compute/tf.ts';
import { assign } from '../../match/assignment.ts';
import { boundGap, joinCandidates, type Pair } from '../../match/candidates.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';

/** Pairs kept of a feature. */
export const PARTNERS = 3;
/** Below this every pair is looked at: 2,048 x 2,048. */
const ALL_PAIRS = 2 ** 22;
/** Above, from either side; the bound that is told says what that can have cost. */
const CANDIDATES = 32;

type Rows = 'decoder_FD' | 'encoder_FD';

export function pickByCosine(
  a: DictionaryWeights,
  b: DictionaryWeights,
  rows: Rows,
  count = PARTNERS,
): Pair[] {
  const open = ({ width, hiddenWidth, [rows]: values }: DictionaryWeights): Tensor2D =>
    tf.tensor2d(values, [width, hiddenWidth]);
  const [a_FD, b_FD] = [open(a), open(b)];
  try {
    return nearestRows(a_FD, b_FD, count).map(({ cosine, ...pair }) => ({ ...pair, value: cosine }));
  } finally {
    tf.dispose([a_FD, b_FD]);
  }
}

export interface OneToOne {
  readonly pairs: readonly Pair[];
  /** Sum of their cosines. */
  readonly total: number;
  /** How much more another choice could reach at most; 0 where every pair was looked at. */
  readonly gap: number;
}

export function pickOneToOne(a: DictionaryWeights, b: DictionaryWeights): OneToOne {
  const isSmall = a.width * b.width <= ALL_PAIRS;
  const forward = pickByCosine(a, b, 'decoder_FD', isSmall ? b.width : CANDIDATES);
  const backward = isSmall ? [] : pickByCosine(b, a, 'decoder_FD', CANDIDATES);
  const graph = joinCandidates({ rows: a.width, columns: b.width }, forward, backward);
  const assignment = assign(graph);
  const pairs: Pair[] = [];
  for (let feature = 0; feature < a.width; feature++) {
    const other = assignment.column_R[feature];
    if (other >= 0) pairs.push({ feature, rank: 0, other, value: valueOf(graph, feature, other) });
  }
  return { pairs, total: assignment.total, gap: isSmall ? 0 : boundGap(assignment, forward) };
}

function valueOf(
  { starts_R, columns_E, weights_E }: ReturnType<typeof joinCandidates>,
  row: number,
  column: number,
) {
  for (let e = starts_R[row]; e < starts_R[row + 1]; e++) if (columns_E[e] === column) return weights_E[e];
  throw new Error(`feature ${row}: expected a pair with ${column}, got none: assignment and graph disagree.`);
}

/** Seen from the other dictionary. */
export const turnPairs = (pairs: readonly Pair[]): Pair[] =>
  pairs.map(({ feature, other, ...pair }) => ({ ...pair, feature: other, other: feature }));
