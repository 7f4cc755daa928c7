/** Transpose, Slice, Tile, Concat, GatherV2 and UnsortedSegmentSum on the addon, float32. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isFloat, sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';
import { mergeAxes, stridesOf } from './strides.ts';

type Call = Parameters<KernelFunc>[0];

export function moveKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    Transpose: floatOnly('Transpose', (call) => transpose(addon, call)),
    Slice: floatOnly('Slice', (call) => slice(addon, call)),
    Tile: floatOnly('Tile', (call) => tile(addon, call)),
    Concat: concat(addon),
    GatherV2: floatOnly('GatherV2', (call, onCpu) => gather(addon, call, onCpu)),
    UnsortedSegmentSum: floatOnly('UnsortedSegmentSum', (call) => segmentSum(addon, call)),
  };
}

/** Runs `native` on a float32 x, tfjs' own kernel on any other type. */
function floatOnly(
  name: string,
  native: (call: Call, onCpu: KernelFunc) => ReturnType<KernelFunc>,
): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => (isFloat(call.inputs.x as TensorInfo) ? native(call, onCpu) : onCpu(call));
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
  const x = backend.floats(call.inputs.x as TensorInfo);
  const { info, values } = backend.create(outShape);
  if (values.length === 0) return info;
  const [merged, mergedStrides] = mergeAxes(shape, strides);
  addon.copy(x, values, Int32Array.from(merged), Int32Array.from(mergedStrides), offset, x.length);
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

function concat(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('Concat', 'cpu').kernelFunc;
  return (call) => {
    const inputs = call.inputs as unknown as TensorInfo[];
    if (!isFloat(...inputs)) return onCpu(call);
    const axis = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, inputs[0].shape)[0];
    const shapes = inputs.map((input) => input.shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.create(tf.backend_util.computeOutShape(shapes, axis));
    const rows = sizeOf(info.shape.slice(0, axis));
    const stride = sizeOf(info.shape.slice(axis));
    let offset = 0;
    for (const input of inputs) {
      const width = sizeOf(input.shape.slice(axis));
      addon.place(backend.floats(input), values, rows, width, offset, stride, values.length);
      offset += width;
    }
    return info;
  };
}

function gather(addon: Addon, call: Call, onCpu: KernelFunc): ReturnType<KernelFunc> {
  const { x, indices } = call.inputs as Record<string, TensorInfo>;
  const { axis, batchDims } = call.attrs as { axis: number; batchDims?: number };
  if ((batchDims ?? 0) !== 0) return onCpu(call);
  const at = tf.util.parseAxisParam(axis, x.shape)[0];
  const backend = call.backend as NativeBackend;
  const [outer, inner] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const chosen = backend.ints(indices);
  const { info, values } = backend.create([...outer, ...indices.shape, ...inner]);
  addon.gather(backend.floats(x), chosen, values, sizeOf(outer), x.shape[at], sizeOf(inner));
  return info;
}

function segmentSum(addon: Addon, call: Call): TensorInfo {
  const { x, segmentIds } = call.inputs as Record<string, TensorInfo>;
  const { numSegments } = call.attrs as { numSegments: number };
  const backend = call.backend as NativeBackend;
  const inner = x.shape.slice(segmentIds.shape.length);
  const ids = backend.ints(segmentIds);
  const { info, values } = backend.create([numSegments, ...inner]);
  addon.segmentSum(backend.floats(x), ids, values, ids.length, sizeOf(inner), numSegments);
  return info;
}
