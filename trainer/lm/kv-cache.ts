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
  // Replaced, never changed: the arrays given out stay what they were, and layers that read alike get the same ones.
  let lengths: readonly number[] = new Array<number>(rows).fill(0);
  const read = windows.map(() => lengths);

  function open(everyRow: () => readonly number[]): KvCache {
    let seen: { of: readonly number[]; rows: readonly number[]; lengths: readonly number[]; length: number };
    /** Which sequences these are, and how long. */
    const look = () => {
      if (seen?.of === lengths) return seen;
      const here = everyRow();
      const own = here.map((row) => lengths[row]);
      return (seen = { of: lengths, rows: here, lengths: own, length: Math.max(0, ...own) });
    };
    return {
      capacity,
      get rows() {
        return look().rows.length;
      },
      get lengths() {
        return look().lengths;
      },
      get length() {
        return look().length;
      },
      attend(layer, added) {
        const [B, , T] = added.k_BGTC.shape;
        const { rows: here, lengths: positions, length } = look();
        checkFits({ B, rowCount: here.length, end: length + T, capacity });
        if (here.some((row) => read[layer][row] !== lengths[row])) throw new Error(LEFT_EARLY);
        read[layer] = addAt(read[layer], here, T);
        return kept.attend(layer, { ...added, rows: here, positions });
      },
      advance(count) {
        lengths = addAt(lengths, look().rows, count);
      },
      only(wanted) {
        const { rows: here } = look();
        const chosen = wanted.map((row) => here[row]);
        return open(() => chosen);
      },
      pick(picked) {
        const { rows: here } = look();
        const chosen = picked.map((row) => here[row]);
        kept.pick(chosen, lengths);
        const take = (of: readonly number[]): number[] => chosen.map((row) => of[row]);
        lengths = take(lengths);
        read.forEach((one, layer) => (read[layer] = take(one)));
      },
      dispose: () => kept.dispose(),
    };
  }
  return open(() => lengths.map((_, row) => row));
}

function addAt(values: readonly number[], places: readonly number[], count: number): readonly number[] {
  const sums = [...values];
  for (const place of places) sums[place] += count;
  return sums;
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
