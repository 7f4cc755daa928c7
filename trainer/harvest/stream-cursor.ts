/**
 * Walks one token stream in windows of T tokens: every window once per epoch, in a seeded order, at a seeded offset, so
 * epochs cut the text in different places, unless they are aligned. Its whole state is (epoch, position): the order is made again from the seed.
 */
import { createRng, shuffle } from '../compute/rng.ts';

export interface HarvestStream {
  /** Slug of the corpus. */
  readonly corpus: string;
  readonly tokens: Uint16Array | Uint32Array | Int32Array;
  /** Share of the sequences taken from this stream, relative to the others. */
  readonly weight: number;
}

export interface CursorState {
  readonly epoch: number;
  /** Windows already taken in this epoch. */
  readonly position: number;
}

export interface StreamCursor {
  /** Writes the next T tokens to out at offset. */
  take(out: Int32Array, offset: number): void;
  state(): CursorState;
  restore(state: CursorState): void;
}

export interface CursorOptions {
  /** Tokens of a window. */
  readonly contextLength: number;
  readonly seed: number;
  /** Every epoch cuts at multiples of T: the same windows for every seed, in another order. Default false. */
  readonly isAligned?: boolean;
}

export function createStreamCursor(stream: HarvestStream, options: CursorOptions): StreamCursor {
  const { contextLength: T } = options;
  const { tokens, corpus } = stream;
  if (tokens.length < T) {
    throw new Error(
      `harvest: expected at least ${T} tokens (one context) of ${corpus}, got ${tokens.length}. ` +
        'Choose a shorter context or a longer corpus.',
    );
  }
  let epoch = 0;
  let position = 0;
  let order = orderOf(tokens.length, epoch, options);

  return {
    take(out, offset) {
      if (position === order.starts.length) {
        epoch += 1;
        position = 0;
        order = orderOf(tokens.length, epoch, options);
      }
      const start = order.starts[position];
      for (let t = 0; t < T; t++) out[offset + t] = tokens[start + t];
      position += 1;
    },
    state: () => ({ epoch, position }),
    restore(state) {
      epoch = state.epoch;
      order = orderOf(tokens.length, epoch, options);
      if (state.position < 0 || state.position > order.starts.length) {
        throw new Error(
          `harvest: expected a position of 0..${order.starts.length} in ${corpus}, got ${state.position}. ` +
            'Was the checkpoint made with another corpus? Start the run again.',
        );
      }
      position = state.position;
    },
  };
}

/** The windows of one epoch, shuffled. */
function orderOf(length: number, epoch: number, options: CursorOptions): { starts: Uint32Array } {
  const { contextLength: T, seed, isAligned = false } = options;
  // 0x9e3779b1: 2^32 / golden ratio, spreads neighbouring epochs over the seeds
  const rng = createRng((seed + Math.imul(epoch, 0x9e3779b1)) >>> 0);
  const offset = isAligned ? 0 : rng.int(Math.min(T, length - T + 1));
  const starts = new Uint32Array(Math.floor((length - offset) / T));
  for (let i = 0; i < starts.length; i++) starts[i] = offset + i * T;
  shuffle(starts, rng);
  return { starts };
}
