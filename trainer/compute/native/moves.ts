/** Kernels that only move values, on the addon: one strided copy out of a tensor, or into one, for float32, int32 and bool. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isPlain, sizeOf } from './memory.ts';
import type { NativeBackend, PlainType } from './memory.ts';
import { kernel } from './registry.ts';
import { mergeAxes, stridesOf } from './strides.ts';

type Call = Parameters<KernelFunc>[0];
type Result = ReturnType<KernelFunc>;

export function moveKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    Transpose: plainOnly('Transpose', (call) => transpose(addon, call)),
    Slice: plainOnly('Slice', (call) => slice(addon, call)),
    Tile: plainOnly('Tile', (call) => tile(addon, call)),
    Reverse: plainOnly('Reverse', (call) => reverse(addon, call)),
    PadV2: plainOnly('PadV2', (call) => pad(addon, call)),
    SplitV: plainOnly('SplitV', split),
    Unpack: plainOnly('Unpack', unstack),
    Concat: concat(addon),
    Pack: stack,
  };
}

/** Runs `native` on an x of a plain type, tfjs' own kernel on any other. */
export function plainOnly(name: string, native: (call: Call, onCpu: KernelFunc) => Result): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const x = (call.inputs.x ?? call.inputs.value) as TensorInfo;
    return isPlain(x.dtype) ? native(call, onCpu) : onCpu(call);
  };
}

/** A new tensor of `outShape` that reads x through strides: `shape` is outShape, with its axes split as needed. */
function copied(
  addon: Addon,
  call: Call,
  outShape: number[],
  shape: number[],
  strides: number[],
  offset = 0,
): TensorInfo {
  const backend = call.backend as NativeBackend;
  const { x } = call.inputs as Record<string, TensorInfo>;
  const source = backend.valuesOf(x);
  const { info, values } = backend.createAs(outShape, x.dtype as PlainType);
  if (values.length === 0) return info;
  const [merged, mergedStrides] = mergeAxes(shape, strides);
  addon.copy(source, values, Int32Array.from(merged), Int32Array.from(mergedStrides), offset, source.length);
  return info;
}

function transpose(addon: Addon, call: Call): TensorInfo {
  const { shape } = call.inputs.x as TensorInfo;
  const { perm } = call.attrs as { perm: number[] };
  const strides = stridesOf(shape);
  const outShape = perm.map((axis) => shape[axis]);
  const outStrides = perm.map((axis) => strides[axis]);
  return copied(addon, call, outShape, outShape, outStrides);
}

function slice(addon: Addon, call: Call): TensorInfo {
  const x = call.inputs.x as TensorInfo;
  const { begin, size } = call.attrs as { begin: number[]; size: number[] };
  const [start, outShape] = tf.slice_util.parseSliceParams(x, begin, size);
  tf.slice_util.assertParamsValid(x, start, outShape);
  const strides = stridesOf(x.shape);
  const offset = start.reduce((sum, at, axis) => sum + at * strides[axis], 0);
  return copied(addon, call, outShape, outShape, strides, offset);
}

function tile(addon: Addon, call: Call): TensorInfo {
  const { shape } = call.inputs.x as TensorInfo;
  const { reps } = call.attrs as { reps: number[] };
  const strides = stridesOf(shape);
  const outShape = shape.map((side, axis) => side * reps[axis]);
  const split = shape.flatMap((side, axis) => [reps[axis], side]);
  const splitStrides = strides.flatMap((stride) => [0, stride]);
  return copied(addon, call, outShape, split, splitStrides);
}

function reverse(addon: Addon, call: Call): TensorInfo {
  const { shape } = call.inputs.x as TensorInfo;
  const axes = tf.util.parseAxisParam((call.attrs as { dims: number[] }).dims, shape);
  const strides = stridesOf(shape);
  let offset = 0;
  for (const axis of shape.length > 0 ? axes : []) {
    offset += Math.max(0, shape[axis] - 1) * strides[axis];
    strides[axis] *= -1;
  }
  return copied(addon, call, shape, shape, strides, offset);
}

/** Writes `input` into `values`, where it begins at `offset` and its axes have the strides `strides`. */
function place(
  addon: Addon,
  backend: NativeBackend,
  input: TensorInfo,
  values: Parameters<Addon['place']>[1],
  strides: number[],
  offset: number,
): void {
  if (sizeOf(input.shape) === 0) return;
  const [shape, merged] = mergeAxes(input.shape, strides).map((list) => Int32Array.from(list));
  addon.place(backend.valuesOf(input), values, shape, merged, offset, values.length);
}

function pad(addon: Addon, call: Call): TensorInfo {
  const x = call.inputs.x as TensorInfo;
  const { paddings, constantValue } = call.attrs as { paddings: [number, number][]; constantValue: number };
  const backend = call.backend as NativeBackend;
  const outShape = x.shape.map((side, axis) => paddings[axis][0] + side + paddings[axis][1]);
  const { info, values } = backend.createAs(outShape, x.dtype as PlainType);
  const strides = stridesOf(outShape);
  const offset = strides.reduce((sum, stride, axis) => sum + paddings[axis][0] * stride, 0);
  values.fill(constantValue);
  place(addon, backend, x, values, strides, offset);
  return info;
}

function concat(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('Concat', 'cpu').kernelFunc;
  return (call) => {
    const inputs = call.inputs as unknown as TensorInfo[];
    const { dtype } = inputs[0];
    if (!isPlain(dtype) || inputs.some((input) => input.dtype !== dtype)) return onCpu(call);
    const axis = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, inputs[0].shape)[0];
    const shapes = inputs.map((input) => input.shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.createAs(tf.backend_util.computeOutShape(shapes, axis), dtype);
    const strides = stridesOf(info.shape);
    let begin = 0;
    for (const input of inputs) {
      place(addon, backend, input, values, strides, begin * strides[axis]);
      begin += input.shape[axis];
    }
    return info;
  };
}

/** Every input gets an axis of length 1, at which they are joined. */
const stack: KernelFunc = ({ inputs, attrs, backend }) => {
  const list = inputs as unknown as TensorInfo[];
  const { axis } = attrs as { axis: number };
  const { shape, dtype } = list[0];
  for (const input of list) {
    tf.util.assertShapesMatch(shape, input.shape, 'All tensors passed to stack must have matching shapes');
    tf.util.assert(dtype === input.dtype, () => 'All tensors passed to stack must have matching dtypes');
  }
  const at = tf.util.parseAxisParam(axis, [...shape, 1])[0];
  const expanded = list.map((input) => ({ ...input, shape: [...shape.slice(0, at), 1, ...shape.slice(at)] }));
  return kernel('Concat')({ inputs: expanded as never, attrs: { axis: at }, backend });
};

function split(call: Call): TensorInfo[] {
  const x = call.inputs.x as TensorInfo;
  const { numOrSizeSplits, axis } = call.attrs as { numOrSizeSplits: number[] | number; axis: number };
  const at = tf.util.parseAxisParam(axis, x.shape)[0];
  const sizes = tf.backend_util.prepareSplitSize(x as never, numOrSizeSplits, at);
  let first = 0;
  return sizes.map((side) => {
    const part = cut(call, x, at, first, side);
    first += side;
    return part;
  });
}

function unstack(call: Call): TensorInfo[] {
  const value = call.inputs.value as TensorInfo;
  const at = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, value.shape)[0];
  const shape = value.shape.filter((_, axis) => axis !== at);
  return Array.from({ length: value.shape[at] }, (_, i) => ({ ...cut(call, value, at, i, 1), shape }));
}

/** x from `first` on along one axis, `side` long. */
function cut({ backend }: Call, x: TensorInfo, axis: number, first: number, side: number): TensorInfo {
  const begin = x.shape.map((_, i) => (i === axis ? first : 0));
  const size = x.shape.map((whole, i) => (i === axis ? side : whole));
  return kernel('Slice')({ inputs: { x }, attrs: { begin, size }, backend }) as TensorInfo;
}
