/** Kernels that read or add rows by index, on the addon: Gather, GatherNd, ScatterNd, UnsortedSegmentSum, OneHot. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isFloat, isPlain, sizeOf } from './memory.ts';
import type { NativeBackend, PlainType } from './memory.ts';
import { plainOnly } from './moves.ts';
import { stridesOf } from './strides.ts';

type Call = Parameters<KernelFunc>[0];

export function indexingKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    GatherV2: plainOnly('GatherV2', (call, onCpu) => gather(addon, call, onCpu)),
    GatherNd: gatherNd(addon),
    ScatterNd: scatterNd(addon),
    UnsortedSegmentSum: plainOnly('UnsortedSegmentSum', (call, onCpu) => segmentSum(addon, call, onCpu)),
    OneHot: oneHot(),
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
  const { info, values } = backend.createAs([...outer, ...indices.shape, ...inner], x.dtype as PlainType);
  addon.gather(backend.valuesOf(x), chosen, values, sizeOf(outer), x.shape[at], sizeOf(inner));
  return info;
}

function segmentSum(addon: Addon, call: Call, onCpu: KernelFunc): ReturnType<KernelFunc> {
  const { x, segmentIds } = call.inputs as Record<string, TensorInfo>;
  if (!isFloat(x)) return onCpu(call);
  const { numSegments } = call.attrs as { numSegments: number };
  const backend = call.backend as NativeBackend;
  const inner = x.shape.slice(segmentIds.shape.length);
  const ids = backend.ints(segmentIds);
  const { info, values } = backend.create([numSegments, ...inner]);
  addon.segmentSum(backend.floats(x), ids, values, ids.length, sizeOf(inner), numSegments);
  return info;
}

/** The rows that coordinates [N, R] point at, in a tensor whose first R axes are `sides`; -1 outside. */
function flatten(coordinates_NR: Int32Array, sides: number[]): Int32Array {
  const R = sides.length;
  const strides = stridesOf(sides);
  const rows = new Int32Array(coordinates_NR.length / R);
  for (let n = 0; n < rows.length; n++) {
    let row = 0;
    for (let r = 0; r < R; r++) {
      const at = coordinates_NR[n * R + r];
      if (at < 0 || at >= sides[r]) row = -Infinity;
      row += at * strides[r];
    }
    rows[n] = row < 0 ? -1 : row;
  }
  return rows;
}

function gatherNd(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('GatherNd', 'cpu').kernelFunc;
  return (call) => {
    const { params, indices } = call.inputs as Record<string, TensorInfo>;
    const R = indices.shape[indices.shape.length - 1];
    const [shape, rowCount, width] = tf.backend_util.prepareAndValidate(params as never, indices as never);
    const backend = call.backend as NativeBackend;
    if (!isPlain(params.dtype) || rowCount === 0 || R === 0) return onCpu(call);
    const sides = params.shape.slice(0, R);
    const rows = flatten(backend.ints(indices), sides);
    // tfjs' own kernel words the error
    if (rows.includes(-1)) return onCpu(call);
    const { info, values } = backend.createAs(shape, params.dtype);
    addon.gather(backend.valuesOf(params), rows, values, 1, sizeOf(sides), width);
    return info;
  };
}

/** Updates at equal indices add up. */
function scatterNd(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('ScatterNd', 'cpu').kernelFunc;
  return (call) => {
    const { indices, updates } = call.inputs as Record<string, TensorInfo>;
    const { shape } = call.attrs as { shape: number[] };
    if (!isFloat(updates) || sizeOf(updates.shape) === 0 || sizeOf(shape) === 0) return onCpu(call);
    const { sliceRank: R, sliceSize } = tf.backend_util.calculateShapes(updates, indices, shape);
    const backend = call.backend as NativeBackend;
    const sides = shape.slice(0, R);
    const rows = flatten(backend.ints(indices), sides);
    if (rows.includes(-1)) return onCpu(call);
    const { info, values } = backend.create(shape);
    addon.segmentSum(backend.floats(updates), rows, values, rows.length, sliceSize, sizeOf(sides));
    return info;
  };
}

function oneHot(): KernelFunc {
  const onCpu = tf.getKernel('OneHot', 'cpu').kernelFunc;
  return (call) => {
    const indices = call.inputs.indices as TensorInfo;
    const attrs = call.attrs as { dtype: PlainType; depth: number; onValue: number; offValue: number };
    if (!isPlain(attrs.dtype)) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.createAs([...indices.shape, attrs.depth], attrs.dtype);
    values.fill(attrs.offValue);
    backend.ints(indices).forEach((at, n) => {
      if (at >= 0 && at < attrs.depth) values[n * attrs.depth + at] = attrs.onValue;
    });
    return info;
  };
}
