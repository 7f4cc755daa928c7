/** TopK, ArgMax, ArgMin, Cumsum and the reductions that reduce.ts leaves, on the addon. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isPlain, sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';
import { kernel } from './registry.ts';

/** In the order of order.cc's Fold: kernel and type. */
const FOLDS = ['Min float32', 'Prod float32', 'Sum int32', 'Max int32', 'Min int32', 'All bool', 'Any bool'];

export function orderKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    TopK: topK(addon),
    ArgMax: argExtreme(addon, 'ArgMax', false),
    ArgMin: argExtreme(addon, 'ArgMin', true),
    Cumsum: cumsum(addon),
    Min: fold(addon, 'Min'),
    Prod: fold(addon, 'Prod'),
    All: fold(addon, 'All'),
    Any: fold(addon, 'Any'),
  };
}

function topK(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('TopK', 'cpu').kernelFunc;
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const { k } = call.attrs as { k: number };
    const N = x.shape[x.shape.length - 1];
    if (!isPlain(x.dtype) || x.dtype === 'bool' || sizeOf(x.shape) === 0) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = [backend.createAs(shape, x.dtype), backend.createAs(shape, 'int32')];
    const rows = sizeOf(x.shape) / N;
    addon.topK(backend.valuesOf(x), values.values, indices.values as Int32Array, rows, N, k);
    return [values.info, indices.info];
  };
}

/** Calls `run` with x, whose axes `axes` were moved to the end if they were not there, and forgets the moved copy. */
function innermost(
  backend: NativeBackend,
  x: TensorInfo,
  axes: number[],
  run: (x: TensorInfo) => TensorInfo,
): TensorInfo {
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...rest, ...axes];
  if (perm.every((axis, i) => axis === i)) return run(x);
  const moved = kernel('Transpose')({ inputs: { x }, attrs: { perm }, backend }) as TensorInfo;
  const result = run(moved);
  backend.disposeData(moved.dataId);
  return result;
}

function argExtreme(addon: Addon, name: string, least: boolean): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const axis = tf.util.parseAxisParam((call.attrs as { axis: number }).axis, x.shape)[0];
    if (!isPlain(x.dtype) || sizeOf(x.shape) === 0) return onCpu(call);
    const backend = call.backend as NativeBackend;
    return innermost(backend, x, [axis], (moved) => {
      const { info, values } = backend.createAs(moved.shape.slice(0, -1), 'int32');
      addon.argExtreme(backend.valuesOf(moved), values as Int32Array, values.length, x.shape[axis], least);
      return info;
    });
  };
}

function cumsum(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('Cumsum', 'cpu').kernelFunc;
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const { axis, exclusive, reverse } = call.attrs as Record<string, number> & Record<string, boolean>;
    const rank = x.shape.length;
    if (!isPlain(x.dtype) || x.dtype === 'bool' || sizeOf(x.shape) === 0 || rank === 0) return onCpu(call);
    const { dtype } = x;
    const backend = call.backend as NativeBackend;
    const at = tf.util.parseAxisParam(axis, x.shape)[0];
    const N = x.shape[at];
    const summed = innermost(backend, x, [at], (moved) => {
      const { info, values } = backend.createAs(moved.shape, dtype);
      addon.cumsum(backend.valuesOf(moved), values, values.length / N, N, exclusive, reverse);
      return info;
    });
    if (at === rank - 1) return summed;
    // The axis goes back from the end to where it was.
    const order = Array.from({ length: rank - 1 }, (_, i) => i);
    const perm = [...order.slice(0, at), rank - 1, ...order.slice(at)];
    const back = kernel('Transpose')({ inputs: { x: summed }, attrs: { perm }, backend }) as TensorInfo;
    backend.disposeData(summed.dataId);
    return back;
  };
}

/** Falls back to `otherwise`, tfjs' own kernel unless given, for a type no fold exists for. */
export function fold(
  addon: Addon,
  name: string,
  otherwise: KernelFunc = tf.getKernel(name, 'cpu').kernelFunc,
): KernelFunc {
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const { dtype } = x;
    const op = FOLDS.indexOf(`${name} ${dtype}`);
    const attrs = call.attrs as { axis?: number[]; reductionIndices?: number[]; keepDims?: boolean };
    const axes = tf.util.parseAxisParam((attrs.axis ?? attrs.reductionIndices)!, x.shape);
    if (op < 0 || !isPlain(dtype) || sizeOf(x.shape) === 0 || axes.length === 0) return otherwise(call);
    const backend = call.backend as NativeBackend;
    const sorted = [...axes].sort((p, q) => p - q);
    const kept = x.shape.filter((_, axis) => !sorted.includes(axis));
    const R = sizeOf(sorted.map((axis) => x.shape[axis]));
    const info = innermost(backend, x, sorted, (moved) => {
      const result = backend.createAs(kept, dtype);
      addon.fold(op, backend.valuesOf(moved), result.values, result.values.length, R);
      return result.info;
    });
    const shape = x.shape.map((side, axis) => (sorted.includes(axis) ? 1 : side));
    return attrs.keepDims ? { ...info, shape } : info;
  };
}
