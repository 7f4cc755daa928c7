/** Comparisons, logic, int32 arithmetic, Select and Cast on the addon. Strings and complex numbers stay with tfjs. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isPlain, sizeOf } from './memory.ts';
import type { NativeBackend, PlainType } from './memory.ts';
import { broadcast } from './strides.ts';

/** In the order of integers.cc's enums: the index is the code passed to C++. */
const COMPARISONS = [
  'Equal',
  'NotEqual',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
];
export const ARITHMETIC = ['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum', 'FloorDiv', 'Mod'];
/** Those of them that are registered here: the others begin as float32 kernels. */
const INTEGERS_FIRST = ['FloorDiv', 'Mod'];

type Call = Parameters<KernelFunc>[0];

export function integerKernels(addon: Addon): Record<string, KernelFunc> {
  const kernels: Record<string, KernelFunc> = { Select: select(addon), Cast: cast(addon) };
  COMPARISONS.forEach((name, op) => (kernels[name] = comparison(addon, name, op)));
  for (const name of INTEGERS_FIRST) kernels[name] = arithmetic(addon, name);
  return kernels;
}

function comparison(addon: Addon, name: string, op: number): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const { a, b } = call.inputs as Record<string, TensorInfo>;
    if (a.dtype !== b.dtype || !isPlain(a.dtype)) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const create = (shape: number[]) => {
      const { info, values } = backend.createAs(shape, 'bool');
      return { info, values: values as Uint8Array };
    };
    return broadcast(addon.compare, op, a, b, backend.valuesOf(a), backend.valuesOf(b), create);
  };
}

/** a and b are int32. */
export function integers(
  addon: Addon,
  backend: NativeBackend,
  op: number,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo {
  const create = (shape: number[]) => {
    const { info, values } = backend.createAs(shape, 'int32');
    return { info, values: values as Int32Array };
  };
  return broadcast(addon.arithmetic, op, a, b, backend.ints(a), backend.ints(b), create);
}

function arithmetic(addon: Addon, name: string): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const { a, b } = call.inputs as Record<string, TensorInfo>;
    if (a.dtype !== 'int32' || b.dtype !== 'int32') return onCpu(call);
    return integers(addon, call.backend as NativeBackend, ARITHMETIC.indexOf(name), a, b);
  };
}

/** A condition of one axis chooses whole rows. */
function select(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('Select', 'cpu').kernelFunc;
  return (call) => {
    const { condition, t, e } = call.inputs as Record<string, TensorInfo>;
    if (t.dtype !== e.dtype || !isPlain(t.dtype)) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.createAs(t.shape, t.dtype);
    const n = sizeOf(condition.shape);
    if (values.length === 0) return info;
    const [a, b] = [backend.valuesOf(t), backend.valuesOf(e)];
    addon.select(backend.bools(condition), a, b, values, n, values.length / n);
    return info;
  };
}

function cast(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('Cast', 'cpu').kernelFunc;
  return (call: Call) => {
    const x = call.inputs.x as TensorInfo;
    const { dtype } = call.attrs as { dtype: PlainType };
    if (!isPlain(x.dtype) || !isPlain(dtype) || x.dtype === dtype) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.createAs(x.shape, dtype);
    addon.cast(backend.valuesOf(x), values, values.length);
    return info;
  };
}
