/** Index arithmetic of broadcasting and moving: shapes as row-major strides, neighbouring axes merged where they can be. */
import type { TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Broadcasting } from './addon.ts';

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Strides that read a tensor of shape `own` as if it had shape `full`: 0 along every repeated axis. */
export function broadcastStrides(own: readonly number[], full: readonly number[]): number[] {
  const strides = stridesOf(own);
  const missing = full.length - own.length;
  return full.map((_, axis) => (axis < missing || own[axis - missing] === 1 ? 0 : strides[axis - missing]));
}

/**
 * Drops axes of length 1 and merges axes that every operand walks as one: most calls end with one or two axes. Returns
 * at least one axis.
 */
export function mergeAxes(
  shape: readonly number[],
  ...operands: readonly number[][]
): [number[], ...number[][]] {
  const merged: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((side, axis) => {
    if (side === 1) return;
    const last = merged.length - 1;
    const joins = last >= 0 && operands.every((operand, o) => strides[o][last] === operand[axis] * side);
    if (joins) merged[last] *= side;
    else merged.push(side);
    operands.forEach((operand, o) => (strides[o][joins ? last : last + 1] = operand[axis]));
  });
  if (merged.length === 0) return [[1], ...operands.map(() => [0])];
  return [merged, ...strides];
}

/** Runs a broadcasting function of the addon on the values x of a and y of b, into a result that `create` makes. */
export function broadcast<Operand extends { length: number }, Result extends { length: number }>(
  run: Broadcasting<Operand, Result>,
  op: number,
  a: TensorInfo,
  b: TensorInfo,
  x: Operand,
  y: Operand,
  create: (shape: number[]) => { info: TensorInfo; values: Result },
): TensorInfo {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const { info, values } = create(shape);
  if (values.length === 0) return info;
  const strides = [a, b].map((operand) => broadcastStrides(operand.shape, shape));
  const [sides, left, right] = mergeAxes(shape, ...strides).map((list) => Int32Array.from(list));
  run(op, x, y, values, sides, left, right, x.length, y.length);
  return info;
}
