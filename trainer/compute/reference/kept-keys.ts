/**
 * Kept keys and values as plain tfjs operations. Sequences of one length are kept together, as one tensor that is joined
 * with what is new: copied, not written in place, since a tensor of tfjs never changes.
 */
import type { Tensor4D } from '@tensorflow/tfjs';
import type { KeptKeys, KeptShape, NewKeys } from '../kept-keys.ts';
import { causalAttention, rope } from '../layers.ts';
import { tf } from '../tf.ts';

interface KeysValues {
  readonly k_BGSC: Tensor4D;
  readonly v_BGSC: Tensor4D;
}

/** Sequences that are equally long. */
interface Group {
  readonly rows: readonly number[];
  /** undefined: nothing is kept yet. */
  readonly kept: KeysValues | undefined;
}

export function composeKeptKeys({ rows, windows }: KeptShape): KeptKeys {
  const everyRow = Array.from({ length: rows }, (_, row) => row);
  const groupsByLayer: Group[][] = windows.map(() => [{ rows: everyRow, kept: undefined }]);
  return {
    attend(layer, added) {
      const window = windows[layer];
      const [mixed_BHTC, groups] = attendGroups(groupsByLayer[layer], added, window);
      groupsByLayer[layer] = groups;
      return mixed_BHTC;
    },
    pick(picked) {
      groupsByLayer.forEach((groups, layer) => {
        groupsByLayer[layer] = groups.flatMap((group) => pickRows(group, picked));
      });
    },
    dispose() {
      groupsByLayer.forEach((groups) => groups.forEach(({ kept }) => disposeKept(kept)));
      groupsByLayer.length = 0;
    },
  };
}

/** Every group of sequences for itself; what they give is put together in the order of the batch. */
function attendGroups(groups: readonly Group[], added: NewKeys, window: number | null): [Tensor4D, Group[]] {
  const next: Group[] = [];
  const places: number[] = [];
  const mixed: Tensor4D[] = [];
  for (const group of groups) {
    const here = added.rows.flatMap((row, at) => (group.rows.includes(row) ? [at] : []));
    const rows = here.map((at) => added.rows[at]);
    const left = group.rows.filter((row) => !rows.includes(row));
    if (here.length > 0) {
      const own = takeRows(group, rows);
      const part = takeBatch(added, here);
      const kept = join(own, part, window);
      mixed.push(attend(part, kept, window));
      places.push(...here);
      next.push({ rows, kept: keepKept(kept) });
    }
    if (left.length > 0) next.push({ rows: left, kept: keepKept(takeRows(group, left)) });
    disposeKept(group.kept);
  }
  return [inOrder(mixed, places), next];
}

function attend(added: NewKeys, { k_BGSC, v_BGSC }: KeysValues, window: number | null): Tensor4D {
  const { settings, q_BHTC } = added;
  const options = { ...settings, ...(window !== null && { window }) };
  return causalAttention(turn(q_BHTC, added), k_BGSC, v_BGSC, options);
}

function turn(x: Tensor4D, { frequencies, positions }: NewKeys): Tensor4D {
  return frequencies ? rope(x, frequencies, positions[0]) : x;
}

function join(before: KeysValues | undefined, added: NewKeys, window: number | null): KeysValues {
  const now = { k_BGSC: turn(added.k_BGTC, added), v_BGSC: added.v_BGTC };
  if (!before) return now;
  // The first of the new queries sees window - 1 keys before itself.
  const seen = window === null ? before : lastOf(before, window - 1);
  return each(seen, (tensor, name) => tf.concat4d([tensor, now[name]], 2));
}

function each(one: KeysValues, change: (tensor: Tensor4D, name: keyof KeysValues) => Tensor4D): KeysValues {
  return { k_BGSC: change(one.k_BGSC, 'k_BGSC'), v_BGSC: change(one.v_BGSC, 'v_BGSC') };
}

function lastOf(one: KeysValues, count: number): KeysValues {
  const [B, G, S, C] = one.k_BGSC.shape;
  if (S <= count) return one;
  return each(one, (tensor) => tf.slice4d(tensor, [0, 0, S - count, 0], [B, G, count, C]));
}

function gatherRows(tensor: Tensor4D, rows: readonly number[]): Tensor4D {
  if (rows.length === tensor.shape[0] && rows.every((row, at) => row === at)) return tensor;
  return tf.gather(tensor, tf.tensor1d([...rows], 'int32'));
}

function takeRows({ rows, kept }: Group, wanted: readonly number[]): KeysValues | undefined {
  const places = wanted.map((row) => rows.indexOf(row));
  return kept && each(kept, (tensor) => gatherRows(tensor, places));
}

function takeBatch(added: NewKeys, at: readonly number[]): NewKeys {
  return {
    ...added,
    q_BHTC: gatherRows(added.q_BHTC, at),
    k_BGTC: gatherRows(added.k_BGTC, at),
    v_BGTC: gatherRows(added.v_BGTC, at),
    rows: at.map((one) => added.rows[one]),
    positions: at.map((one) => added.positions[one]),
  };
}

function inOrder(mixed: readonly Tensor4D[], places: readonly number[]): Tensor4D {
  const all = mixed.length === 1 ? mixed[0] : tf.concat4d([...mixed], 0);
  return gatherRows(
    all,
    places.map((_, at) => places.indexOf(at)),
  );
}

function pickRows(group: Group, picked: readonly number[]): Group[] {
  const rows = picked.flatMap((row, at) => (group.rows.includes(row) ? [at] : []));
  const wanted = rows.map((at) => picked[at]);
  let kept: KeysValues | undefined;
  tf.tidy(() => {
    if (rows.length > 0) kept = keepKept(takeRows(group, wanted));
  });
  disposeKept(group.kept);
  return rows.length === 0 ? [] : [{ rows, kept }];
}

/** Clones, because a tensor handed through may be the caller's. */
function keepKept(kept: KeysValues | undefined): KeysValues | undefined {
  return kept && each(kept, (tensor) => tf.keep(tensor.clone()));
}

function disposeKept(kept: KeysValues | undefined): void {
  if (kept) tf.dispose([kept.k_BGSC, kept.v_BGSC]);
}
