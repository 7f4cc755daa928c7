import { existsSync } from 'node:fs';
import type { Tensor4D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from './backend.ts';
import { openKeptKeys, type KeptKeys } from './kept-keys.ts';
import { causalAttention, rope } from './layers.ts';
import { normals, worst } from './layers.samples.ts';
import { addonPath } from './native/build.mjs';
import { onEachInstructionSet } from './native/kernels.parity.ts';
import { tf } from './tf.ts';

const [H, G, C] = [4, 2, 6];
const FREQUENCIES = [1, 0.05, 0.002];
/** A full layer, one whose window is shorter than a block of keys, one whose ring goes round. */
const WINDOWS = [null, 3, 20];
const CAPACITY = 60;
const SETTINGS = { scale: 0.3, softCap: 2 };

/** What a sequence read so far, token by token: [heads, C] each. */
type History = { q: Float32Array; k: Float32Array; v: Float32Array }[];

let seed = 1;

function draw(): History[number] {
  seed += 3;
  return { q: normals([H, C], seed), k: normals([G, C], seed + 1), v: normals([G, C], seed + 2) };
}

/** [B, heads, T, C] of the last T tokens of each history. */
function stack(histories: readonly History[], part: 'q' | 'k' | 'v', T: number): Tensor4D {
  const heads = part === 'q' ? H : G;
  const values = histories.flatMap((history) => history.slice(-T).flatMap((token) => [...token[part]]));
  const all_BTHC = tf.tensor4d(values, [histories.length, T, heads, C]);
  return all_BTHC.transpose([0, 2, 1, 3]);
}

/** Attention over the whole of a history, for its last T tokens. */
function attendAnew(history: History, T: number, window: number | null): Tensor4D {
  const S = history.length;
  const [q, k, v] = (['q', 'k', 'v'] as const).map((part) => stack([history], part, S));
  const options = { ...SETTINGS, ...(window !== null && { window }) };
  const all = causalAttention(rope(q, FREQUENCIES), rope(k, FREQUENCIES), v, options);
  return all.slice([0, 0, S - T, 0], [1, H, T, C]);
}

/** Reads T tokens more of these sequences, in every layer, and compares. */
function read(kept: KeptKeys, histories: readonly History[], rows: readonly number[], T: number): void {
  const positions = rows.map((row) => histories[row].length);
  for (const row of rows) for (let t = 0; t < T; t++) histories[row].push(draw());
  const here = rows.map((row) => histories[row]);
  WINDOWS.forEach((window, layer) => {
    const [got, expected] = tf.tidy(() => {
      const [q_BHTC, k_BGTC, v_BGTC] = (['q', 'k', 'v'] as const).map((part) => stack(here, part, T));
      const added = { q_BHTC, k_BGTC, v_BGTC, rows, positions, settings: SETTINGS, frequencies: FREQUENCIES };
      const anew = here.map((history) => attendAnew(history, T, window));
      return [kept.attend(layer, added).dataSync(), tf.concat4d(anew, 0).dataSync()];
    });
    expect(worst(got, expected), `layer ${layer}, rows ${rows.join()}, ${T} tokens`).toBeLessThan(1e-5);
  });
}

/** Renumbers the sequences as the store does. */
function pick(kept: KeptKeys, histories: readonly History[], rows: readonly number[]): History[] {
  kept.pick(
    rows,
    histories.map(({ length }) => length),
  );
  return rows.map((row) => [...histories[row]]);
}

function open(rows: number): KeptKeys {
  return openKeptKeys({ rows, capacity: CAPACITY, kvHeads: G, headWidth: C, windows: WINDOWS });
}

function readInPieces(): void {
  const [kept, histories] = [open(2), [[], []] as History[]];
  for (const count of [5, 1, 1, 18, 1, 9, 1]) read(kept, histories, [0, 1], count);
  kept.dispose();
}

function readUnevenly(): void {
  const [kept, histories] = [open(4), [[], [], [], []] as History[]];
  read(kept, histories, [0, 2], 7);
  read(kept, histories, [1], 3);
  read(kept, histories, [3], 1);
  for (let i = 0; i < 3; i++) read(kept, histories, [0, 1, 2, 3], 1);
  read(kept, histories, [3, 1], 2);
  read(kept, histories, [2, 3, 0, 1], 1);
  kept.dispose();
}

function continueInSeveralWays(): void {
  const kept = open(3);
  let histories: History[] = [[], [], []];
  read(kept, histories, [0, 1], 22);
  read(kept, histories, [2], 4);
  histories = pick(kept, histories, [0, 0, 1, 2, 2, 2]);
  for (const count of [1, 16, 1]) read(kept, histories, [0, 1, 2, 3, 4, 5], count);
  histories = pick(kept, histories, [5, 1, 2]);
  read(kept, histories, [0, 1, 2], 1);
  histories = pick(kept, histories, [1, 0, 1, 1]);
  for (let i = 0; i < 2; i++) read(kept, histories, [0, 1, 2, 3], 1);
  read(kept, histories, [3, 0], 3);
  kept.dispose();
}

describe.each(['cpu', 'wasm', ...(existsSync(addonPath()) ? ['native'] : [])])(
  'kept keys on %s',
  (backend) => {
    beforeAll(async () => {
      await openBackend({ name: backend, say: () => {} });
    });

    it('give, piece by piece, what attention over everything read so far gives', readInPieces);
    it('serve sequences of different lengths, all of them or some', readUnevenly);
    it('let a sequence be continued in several ways, and again, and drop others', continueInSeveralWays);

    it('leave no tensor behind', () => {
      const before = tf.memory().numTensors;
      continueInSeveralWays();
      expect(tf.memory().numTensors).toBe(before);
    });
  },
);

describe.skipIf(!existsSync(addonPath()))('kept keys of the native backend', () => {
  it('are right on every instruction set', async () => {
    await openBackend({ name: 'native', say: () => {} });
    await onEachInstructionSet(async () => {
      readInPieces();
      continueInSeveralWays();
    });
  });

  it('give the same bits for any number of threads, alone or among others', async () => {
    const bits: string[] = [];
    for (const [threads, others] of [
      [1, 0],
      [2, 3],
      [3, 1],
    ]) {
      await openBackend({ name: 'native', threads, say: () => {} });
      bits.push(firstRowAmong(others));
    }
    expect(new Set(bits).size).toBe(1);
  });
});

/** What the first sequence gets, with others beside it. */
function firstRowAmong(others: number): string {
  const rows = Array.from({ length: 1 + others }, (_, row) => row);
  const kept = open(rows.length);
  const out: string[] = [];
  for (let position = 0; position < 25; position++) {
    const values = tf.tidy(() => {
      const of = (heads: number, key: number) => {
        const row = (one: number) => [...normals([heads, 1, C], 1000 * one + 10 * position + key)];
        return tf.tensor4d(rows.flatMap(row), [rows.length, heads, 1, C]);
      };
      const added = { q_BHTC: of(H, 0), k_BGTC: of(G, 1), v_BGTC: of(G, 2), rows };
      const positions = rows.map(() => position);
      const mixed = kept.attend(0, { ...added, positions, settings: SETTINGS, frequencies: FREQUENCIES });
      return mixed.slice([0, 0, 0, 0], [1, H, 1, C]).dataSync();
    });
    out.push(Buffer.from(Float32Array.from(values).buffer).toString('hex'));
  }
  kept.dispose();
  return out.join();
}
