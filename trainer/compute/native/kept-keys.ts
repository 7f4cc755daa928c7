/**
 * Kept keys and values in buffers of their final size, written in place (kept-keys.cc). Sequences that continue one in
 * several ways read what they have in common where it lies; one that ended leaves its slot behind, so picking copies
 * nothing.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { KeptKeys, KeptShape, NewKeys } from '../kept-keys.ts';
import { causalAttention, rope } from '../layers.ts';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import type { NativeBackend } from './memory.ts';

/** As isa.h has it. */
const KEY_BLOCK = 16;
const NONE = new Float32Array(0);

interface Buffers {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Sequences side by side, a pair of buffers for every layer that has been read. */
interface Store {
  readonly slots: number;
  /** Positions that a slot of a layer takes. */
  readonly rings: readonly number[];
  readonly layers: (Buffers | undefined)[];
}

/** Where a sequence lies; its first `sharedLength` positions in the shared store. */
interface Place {
  readonly slot: number;
  readonly sharedSlot: number;
  readonly sharedLength: number;
}

export function openNativeKeptKeys(addon: Addon, shape: KeptShape): KeptKeys {
  let own = createStore(shape, shape.rows, shape.capacity);
  let shared: Store | undefined;
  let places: readonly Place[] = Array.from({ length: shape.rows }, (_, slot) => ({ slot, ...ALONE }));

  let told: { rows: readonly number[]; positions: readonly number[]; table: Int32Array } | undefined;

  /** All layers of a walk ask for the same one. */
  function describeRows({ rows, positions }: NewKeys): Int32Array {
    if (told?.rows === rows && told.positions === positions) return told.table;
    const table = new Int32Array(4 * rows.length);
    rows.forEach((row, b) => {
      const { slot, sharedSlot, sharedLength } = places[row];
      table.set([slot, positions[b], sharedSlot, sharedLength], 4 * b);
    });
    told = { rows, positions, table };
    return table;
  }

  return {
    attend(layer, added) {
      const rows = describeRows(added);
      const buffers = (own.layers[layer] ??= createBuffers(shape, own, layer));
      const isFirst = added.positions.every((position) => position === 0);
      if (isFirst && added.q_BHTC.shape[2] > 1) {
        return readFirst(addon, { added, buffers, rows, own, layer, window: shape.windows[layer] });
      }
      return attendKept(addon, { added, rows, own, shared, layer, window: shape.windows[layer] });
    },
    pick(picked, lengths) {
      told = undefined;
      const isRepeated = new Set(picked).size < picked.length;
      if (!isRepeated) {
        places = picked.map((row) => places[row]);
      } else if (shared) {
        const next = copySlots(
          shape,
          own,
          picked.map((row) => places[row].slot),
        );
        disposeStore(own);
        own = next;
        places = picked.map((row, slot) => ({ ...places[row], slot }));
      } else {
        shared = own;
        const least = Math.min(...picked.map((row) => lengths[row]));
        own = createStore(shape, picked.length, shape.capacity - least);
        places = picked.map((row, slot) => {
          return { slot, sharedSlot: places[row].slot, sharedLength: lengths[row] };
        });
      }
    },
    dispose() {
      disposeStore(own);
      if (shared) disposeStore(shared);
      shared = undefined;
    },
  };
}

const ALONE = { sharedSlot: 0, sharedLength: 0 };

interface Reading {
  readonly added: NewKeys;
  readonly rows: Int32Array;
  readonly own: Store;
  readonly layer: number;
  readonly window: number | null;
}

/** Beginnings see nothing but themselves: attention as in training, whose products are shared by all their queries. */
function readFirst(
  addon: Addon,
  { added, buffers, rows, own, layer, window }: Reading & { buffers: Buffers },
) {
  const { q_BHTC, k_BGTC, v_BGTC, frequencies, settings } = added;
  const [B, G, T, C] = k_BGTC.shape;
  const turn = (x: Tensor4D): Tensor4D => (frequencies ? rope(x, frequencies) : x);
  const turned_BGTC = turn(k_BGTC);
  const [keys, values] = [read(buffers.keys), read(buffers.values)];
  const ring = own.rings[layer];
  addon.keepKeys(read(turned_BGTC), read(v_BGTC), keys, values, ring, own.slots, rows, B, G, T, C);
  const options = { ...settings, ...(window !== null && { window }) };
  return causalAttention(turn(q_BHTC), turned_BGTC, v_BGTC, options);
}

function attendKept(
  addon: Addon,
  { added, rows, own, shared, layer, window }: Reading & { shared: Store | undefined },
): Tensor4D {
  const { q_BHTC, k_BGTC, v_BGTC, frequencies, settings } = added;
  const [B, H, T, C] = q_BHTC.shape;
  const { info, values: out } = backend().create(q_BHTC.shape);
  addon.attendKept(
    read(q_BHTC),
    read(k_BGTC),
    read(v_BGTC),
    out,
    ...describeStore(own, layer),
    ...describeStore(shared, layer),
    rows,
    frequencies ? Float64Array.from(frequencies) : null,
    B,
    H,
    k_BGTC.shape[1],
    T,
    C,
    settings.scale,
    settings.softCap ?? 0,
    window ?? 0,
  );
  return tf.engine().makeTensorFromTensorInfo(info) as Tensor4D;
}

function describeStore(
  store: Store | undefined,
  layer: number,
): [keys: Float32Array, values: Float32Array, ring: number, slots: number] {
  const buffers = store?.layers[layer];
  if (!store || !buffers) return [NONE, NONE, 0, 0];
  return [read(buffers.keys), read(buffers.values), store.rings[layer], store.slots];
}

function createStore({ windows }: KeptShape, slots: number, capacity: number): Store {
  const rings = windows.map((window) => {
    return Math.ceil(Math.max(1, Math.min(capacity, window ?? capacity)) / KEY_BLOCK) * KEY_BLOCK;
  });
  return { slots, rings, layers: windows.map(() => undefined) };
}

/** Their content is undefined: the kernels read no position that was not written. */
function createBuffers({ kvHeads, headWidth }: KeptShape, { slots, rings }: Store, layer: number): Buffers {
  const create = () => {
    const { info } = backend().create([slots, kvHeads, rings[layer], headWidth]);
    return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
  };
  return { keys: create(), values: create() };
}

function copySlots(shape: KeptShape, from: Store, slots: readonly number[]): Store {
  const to: Store = { ...from, slots: slots.length, layers: from.layers.map(() => undefined) };
  from.layers.forEach((buffers, layer) => {
    if (!buffers) return;
    const copy = (to.layers[layer] = createBuffers(shape, to, layer));
    for (const name of ['keys', 'values'] as const) {
      const [source, target] = [read(buffers[name]), read(copy[name])];
      const size = source.length / from.slots;
      slots.forEach((slot, at) => target.set(source.subarray(slot * size, (slot + 1) * size), at * size));
    }
  });
  return to;
}

function disposeStore({ layers }: Store): void {
  layers.forEach((buffers) => buffers && tf.dispose([buffers.keys, buffers.values]));
  layers.fill(undefined);
}

function backend(): NativeBackend {
  return tf.backend() as unknown as NativeBackend;
}

function read(tensor: Tensor): Float32Array {
  return backend().floats(tensor);
}
