/**
 * A pool of hidden states from which rows are drawn at random without replacement, so that a batch mixes thousands of
 * sequences. Drawing moves the last row into the hole: one copy per row in, two per row out.
 */
import type { Rng } from '../compute/rng.ts';

export interface ShuffleBuffer {
  readonly capacity: number;
  fill(): number;
  /** rows_BD holds `count` rows of D; those must fit. */
  put(rows_BD: Float32Array, count: number): void;
  draw(count: number, rng: Rng): Float32Array;
  /** A copy of the rows now inside. */
  rows(): Float32Array;
  restore(rows_BD: Float32Array): void;
}

export function createShuffleBuffer(capacity: number, D: number): ShuffleBuffer {
  const pool = new Float32Array(capacity * D);
  let fill = 0;

  function put(rows_BD: Float32Array, count: number): void {
    if (fill + count > capacity)
      throw new Error(`shuffle buffer: ${count} rows do not fit, ${fill} of ${capacity} used`);
    pool.set(rows_BD, fill * D);
    fill += count;
  }

  return {
    capacity,
    fill: () => fill,
    put,
    draw(count, rng) {
      if (count > fill) throw new Error(`shuffle buffer: ${count} rows asked for, ${fill} inside`);
      const out = new Float32Array(count * D);
      for (let b = 0; b < count; b++) {
        const row = rng.int(fill) * D;
        out.set(pool.subarray(row, row + D), b * D);
        fill -= 1;
        pool.copyWithin(row, fill * D, (fill + 1) * D);
      }
      return out;
    },
    rows: () => pool.slice(0, fill * D),
    restore(rows_BD) {
      if (rows_BD.length % D !== 0 || rows_BD.length > capacity * D) {
        throw new Error(
          `harvest: expected a shuffle buffer of at most ${capacity} rows of ${D}, got ${rows_BD.length} numbers. ` +
            'The checkpoint belongs to other settings: start the run again.',
        );
      }
      fill = 0;
      put(rows_BD, rows_BD.length / D);
    },
  };
}
