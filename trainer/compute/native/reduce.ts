/** Sum, Mean, Max, Softmax and LogSoftmax on the addon. Axes that are not neighbours are first moved to the end. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isFloat, sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';
import { fold } from './order.ts';
import { kernel } from './registry.ts';

export function reduceKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    Sum: reducer(fold(addon, 'Sum'), 'axis', (x, y, A, R, C) => addon.sum(x, y, A, R, C, 1)),
    Mean: reducer(onCpu('Mean'), 'axis', (x, y, A, R, C) => addon.sum(x, y, A, R, C, 1 / R)),
    Max: reducer(fold(addon, 'Max'), 'reductionIndices', (x, y, A, R) => addon.max(x, y, A, R), true),
    Softmax: softmax(addon, 'Softmax', 'dim'),
    LogSoftmax: softmax(addon, 'LogSoftmax', 'axis'),
  };
}

type Reduce = (x: Float32Array, y: Float32Array, A: number, R: number, C: number) => void;

const onCpu = (name: string): KernelFunc => tf.getKernel(name, 'cpu').kernelFunc;

/** x is seen as [A, R, C] and R is reduced; with innermost, C has to be 1. Other types than float32 go to `otherwise`. */
function reducer(
  otherwise: KernelFunc,
  axisAttribute: string,
  reduce: Reduce,
  innermost = false,
): KernelFunc {
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const axes = tf.util.parseAxisParam((call.attrs as Record<string, number[]>)[axisAttribute], x.shape);
    if (!isFloat(x) || sizeOf(x.shape) === 0 || axes.length === 0) return otherwise(call);
    const backend = call.backend as NativeBackend;
    const sorted = [...axes].sort((p, q) => p - q);
    const first = sorted[0];
    const end = sorted[sorted.length - 1] + 1;
    const together = end - first === sorted.length && (!innermost || sizeOf(x.shape.slice(end)) === 1);
    const source = together ? x : movedToEnd(backend, x, sorted);
    const kept = x.shape.filter((_, axis) => !sorted.includes(axis));
    const R = sizeOf(sorted.map((axis) => x.shape[axis]));
    const A = together ? sizeOf(x.shape.slice(0, first)) : sizeOf(kept);
    const C = together ? sizeOf(x.shape.slice(end)) : 1;
    const { info, values } = backend.create(kept);
    reduce(backend.floats(source), values, A, R, C);
    if (!together) backend.disposeData(source.dataId);
    const keepDims = (call.attrs as { keepDims?: boolean }).keepDims;
    return keepDims
      ? { ...info, shape: x.shape.map((side, axis) => (sorted.includes(axis) ? 1 : side)) }
      : info;
  };
}

function movedToEnd(backend: NativeBackend, x: TensorInfo, axes: number[]): TensorInfo {
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return kernel('Transpose')({ inputs: { x }, attrs: { perm: [...rest, ...axes] }, backend }) as TensorInfo;
}

function softmax(addon: Addon, name: string, axisAttribute: string): KernelFunc {
  return (call) => {
    const x = (call.inputs.logits ?? call.inputs.x) as TensorInfo;
    const axis = (call.attrs as Record<string, number | undefined>)[axisAttribute] ?? -1;
    const rank = x.shape.length;
    if (!isFloat(x) || (axis !== -1 && axis !== rank - 1)) {
      throw new Error(
        `${name}: expected float32 and the last axis of ${rank}, got ${x.dtype} and axis ${axis}.`,
      );
    }
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.create(x.shape);
    const cols = x.shape[rank - 1];
    if (values.length > 0) {
      addon.softmax(backend.floats(x), values, values.length / cols, cols, name === 'LogSoftmax');
    }
    return info;
  };
}
