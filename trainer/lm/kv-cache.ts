/**
 * Keys and values of the tokens read so far, as attention reads them (rotated; routed, where there are routers), so that
 * the next tokens need only themselves computed. Sequences may differ in length. A layer with a sliding window keeps no
 * more than its window. How they are kept is compute's.
 */
import type { Tensor4D } from '@tensorflow/tfjs';
import { openKeptKeys, type NewKeys } from '../compute/kept-keys.ts';
import type { DecoderConfig } from './config.ts';

export interface KvCache {
  /** B */
  readonly rows: number;
  /** Longest sequence it takes, tokens. */
  readonly capacity: number;
  /** Tokens read so far of each sequence: the positions of the next ones. */
  readonly lengths: readonly number[];
  /** Of the longest. */
  readonly length: number;
  /** Keeps the new keys and values of a layer; gives what its queries take from all they see, [B, H, T, C]. */
  attend(layer: number, added: Omit<NewKeys, 'rows' | 'positions'>): Tensor4D;
  /** All layers have read `count` tokens more. */
  advance(count: number): void;
  /** The same cache for a walk over these of its sequences; the others stay where they are. */
  only(rows: readonly number[]): KvCache;
  /** Goes on with these rows alone, in this order; a row may be given more than once. */
  pick(rows: readonly number[]): void;
  dispose(): void;
}

export function createCache(config: DecoderConfig, rows: number, capacity: number): KvCache {
  checkCapacity(config, capacity);
  const { kvHeadCount: kvHeads, headWidth, attention } = config;
  const { windows } = attention;
  const kept = openKeptKeys({ rows, capacity, kvHeads, headWidth, windows });
  let lengths = new Array<number>(rows).fill(0);
  const read = windows.map(() => lengths.slice());

  const open = (of: () => readonly number[]): KvCache => ({
    capacity,
    get rows() {
      return of().length;
    },
    get lengths() {
      return of().map((row) => lengths[row]);
    },
    get length() {
      return Math.max(0, ...this.lengths);
    },
    attend(layer, added) {
      const [B, , T] = added.k_BGTC.shape;
      const [here, positions] = [of(), this.lengths];
      checkFits({ B, rowCount: here.length, end: this.length + T, capacity });
      if (here.some((row) => read[layer][row] !== lengths[row])) throw new Error(LEFT_EARLY);
      for (const row of here) read[layer][row] += T;
      return kept.attend(layer, { ...added, rows: here, positions });
    },
    advance(count) {
      for (const row of of()) lengths[row] += count;
    },
    only(wanted) {
      const here = of();
      const chosen = wanted.map((row) => here[row]);
      return open(() => chosen);
    },
    pick(picked) {
      const here = of();
      const chosen = picked.map((row) => here[row]);
      kept.pick(chosen, lengths);
      const take = (of: readonly number[]): number[] => chosen.map((row) => of[row]);
      lengths = take(lengths);
      read.forEach((one, layer) => (read[layer] = take(one)));
    },
    dispose: () => kept.dispose(),
  });
  return open(() => lengths.map((_, row) => row));
}

const LEFT_EARLY =
  'Cache: expected all layers to have read the same tokens, got a walk that was left before its end. Open a new cache.';

function checkCapacity({ contextLength, positions }: DecoderConfig, capacity: number): void {
  const most = positions.kind === 'learned' ? contextLength : Infinity;
  if (Number.isSafeInteger(capacity) && capacity > 0 && capacity <= most) return;
  throw new Error(
    `Cache: expected a capacity of 1 to ${most} tokens, which is what the model has positions for, got ${capacity}. ` +
      'Shorten the prompt, or generate less.',
  );
}

function checkFits(sizes: { B: number; rowCount: number; end: number; capacity: number }): void {
  const { B, rowCount, end, capacity } = sizes;
  if (B === rowCount && end <= capacity) return;
  throw new Error(
    `Cache: expected ${rowCount} rows and at most ${capacity} tokens, got ${B} rows and token ${end}. ` +
      'Open a larger cache.',
  );
}
