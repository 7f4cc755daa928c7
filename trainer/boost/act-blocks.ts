/**
 * Rows of acts of several dictionaries as rows of one, and back. Feature f of dictionary m is offset_m + f. Plain arrays:
 * rows are short, and their order decides the bits of a reconstruction.
 */

/** B rows of `columns` acts, strongest first, padded with act 0, index 0. */
export interface ActRows {
  readonly acts: Float32Array;
  readonly indices: Int32Array;
  readonly columns: number;
}

interface Block extends ActRows {
  readonly offset: number;
}

/** Every row strongest first; equal acts in the order of their features. */
export function mergeRows(blocks: readonly Block[], rows: number): ActRows {
  const columns = blocks.reduce((sum, block) => sum + block.columns, 0);
  const acts = new Float32Array(rows * columns);
  const indices = new Int32Array(rows * columns);
  for (let b = 0; b < rows; b++) {
    const next = blocks.map((block) => b * block.columns);
    for (let at = b * columns; at < (b + 1) * columns; at++) {
      const m = strongest(blocks, next, b);
      if (m < 0) break;
      acts[at] = blocks[m].acts[next[m]];
      indices[at] = blocks[m].offset + blocks[m].indices[next[m]];
      next[m] += 1;
    }
  }
  return { acts, indices, columns };
}

/** The block whose next act of row b is strongest, the first of equals; -1 when none has any left. */
function strongest(blocks: readonly Block[], next: readonly number[], b: number): number {
  let best = -1;
  let most = 0;
  for (let m = 0; m < blocks.length; m++) {
    if (next[m] === (b + 1) * blocks[m].columns) continue;
    const act = blocks[m].acts[next[m]];
    if (act > most) [best, most] = [m, act];
  }
  return best;
}

/** The acts of the features from..to-1, in their order, numbered from 0; at least one column. */
export function splitRows({ acts, indices, columns }: ActRows, from: number, to: number): ActRows {
  const isMine = (i: number) => acts[i] > 0 && indices[i] >= from && indices[i] < to;
  const rows = columns === 0 ? 0 : acts.length / columns;
  let most = 1;
  for (let b = 0; b < rows; b++) {
    let count = 0;
    for (let i = b * columns; i < (b + 1) * columns; i++) if (isMine(i)) count += 1;
    most = Math.max(most, count);
  }
  const mine = { acts: new Float32Array(rows * most), indices: new Int32Array(rows * most), columns: most };
  for (let b = 0; b < rows; b++) {
    let at = b * most;
    for (let i = b * columns; i < (b + 1) * columns; i++) {
      if (!isMine(i)) continue;
      mine.acts[at] = acts[i];
      mine.indices[at] = indices[i] - from;
      at += 1;
    }
  }
  return mine;
}
