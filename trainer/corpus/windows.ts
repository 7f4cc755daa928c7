/**
 * Batches of token windows drawn from weighted streams: within a stream every window comes once per epoch, in an order
 * and at a phase that seed, stream and epoch fix. The cursor is a small record that resumes it exactly.
 */
import { createRng, restoreRng, type RngState } from '../compute/rng.ts';
import type { TokenStream } from './token-stream.ts';

export interface WindowsOptions {
  readonly streams: readonly TokenStream[];
  /** Share of the windows per stream, in any unit; by length when absent. */
  readonly weights?: readonly number[];
  /** Tokens of a window. */
  readonly windowLength: number;
  /** Tokens from the start of one window to the next; windowLength when absent. */
  readonly stride?: number;
  readonly seed: number;
}

export interface WindowCursor {
  readonly rng: RngState;
  readonly streams: readonly { readonly epoch: number; readonly position: number }[];
}

export interface Window {
  readonly stream: number;
  /** Position of the first token in the stream. */
  readonly start: number;
}

export interface Windows {
  next(): Window;
  /** The next `rows` windows, one after the other. */
  nextBatch(rows: number): Int32Array;
  cursor(): WindowCursor;
  restore(cursor: WindowCursor): void;
}

export function createWindows(options: WindowsOptions): Windows {
  const { streams, windowLength, stride = windowLength, seed } = options;
  checkLengths(streams, windowLength, stride);
  const weights = options.weights ?? streams.map(({ tokens }) => tokens.length);
  const totalWeight = weights.reduce((a, b) => a + b, 0);
  let rng = createRng(seed);
  let places = streams.map((_, i) => openEpoch(i, 0));

  function openEpoch(stream: number, epoch: number, position = 0) {
    const epochRng = createRng(mixSeed(seed, stream, epoch));
    const length = streams[stream].tokens.length;
    const phase = epochRng.int(Math.min(stride, length - windowLength + 1));
    const count = Math.floor((length - windowLength - phase) / stride) + 1;
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = epochRng.int(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return { epoch, position, phase, order };
  }

  function pickStream(): number {
    let rest = rng.next() * totalWeight;
    for (let i = 0; i + 1 < weights.length; i++) if ((rest -= weights[i]) < 0) return i;
    return weights.length - 1;
  }

  function next(): Window {
    const stream = pickStream();
    if (places[stream].position === places[stream].order.length) {
      places[stream] = openEpoch(stream, places[stream].epoch + 1);
    }
    const place = places[stream];
    return { stream, start: place.phase + place.order[place.position++] * stride };
  }

  return {
    next,
    nextBatch(rows) {
      const batch_BT = new Int32Array(rows * windowLength);
      for (let row = 0; row < rows; row++) {
        const { stream, start } = next();
        batch_BT.set(streams[stream].tokens.subarray(start, start + windowLength), row * windowLength);
      }
      return batch_BT;
    },
    cursor: () => ({ rng: rng.state(), streams: places.map(({ epoch, position }) => ({ epoch, position })) }),
    restore(cursor) {
      if (cursor.streams.length !== streams.length) {
        throw new Error(
          `Window cursor: expected one of ${streams.length} streams, got ${cursor.streams.length}. ` +
            'Resume with the corpora the run was started with, or start a new run.',
        );
      }
      rng = restoreRng(cursor.rng);
      places = cursor.streams.map(({ epoch, position }, i) => openEpoch(i, epoch, position));
    },
  };
}

function checkLengths(streams: readonly TokenStream[], windowLength: number, stride: number): void {
  if (stride < 1 || streams.length === 0) {
    throw new Error(
      `Windows: expected a stride of 1 or more and a stream, got ${stride} and ${streams.length}.`,
    );
  }
  for (const { corpus, split, tokens } of streams) {
    if (tokens.length >= windowLength) continue;
    throw new Error(
      `Corpus ${corpus} (${split}): expected at least ${windowLength} tokens for one window, got ${tokens.length}. ` +
        'Choose a longer corpus or shorter windows.',
    );
  }
}

/** One 32-bit seed per (seed, stream, epoch): the mixing steps of MurmurHash3. */
function mixSeed(...parts: readonly number[]): number {
  let hash = 0;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) >>> 0;
  }
  return hash;
}
