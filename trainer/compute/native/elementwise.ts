/** Unary and binary kernels on the addon, float32; other types go to integers.ts or to tfjs' JavaScript kernels. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isFloat, sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';
import { ARITHMETIC, integers } from './integers.ts';
import { broadcast } from './strides.ts';

/** In the order of isa.h's enums: the index is the code passed to C++. */
const UNARY = [
  'Square',
  'Sqrt',
  'Rsqrt',
  'Exp',
  'Log',
  'Neg',
  'Sigmoid',
  'Relu',
  'Tanh',
  'Step',
  'Abs',
  'Reciprocal',
  'Erf',
  'Floor',
  'Ceil',
  'Round',
  'Sign',
  'Relu6',
  'LeakyRelu',
  'Elu',
  'Softplus',
  'Sin',
  'Cos',
];
export const BINARY = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference', 'Pow'];

export function elementwiseKernels(addon: Addon): Record<string, KernelFunc> {
  const kernels: Record<string, KernelFunc> = { AddN: addAll(addon) };
  UNARY.forEach((name, op) => (kernels[name] = unary(addon, name, op)));
  BINARY.forEach((name, op) => (kernels[name] = binary(addon, name, op)));
  return kernels;
}

function unary(addon: Addon, name: string, op: number): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    if (!isFloat(x)) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.create(x.shape);
    const alpha = (call.attrs?.alpha as number | undefined) ?? 0;
    addon.unary(op, backend.floats(x), values, values.length, alpha);
    return info;
  };
}

function binary(addon: Addon, name: string, op: number): KernelFunc {
  const onCpu = tf.getKernel(name, 'cpu').kernelFunc;
  return (call) => {
    const { a, b } = call.inputs as Record<string, TensorInfo>;
    const backend = call.backend as NativeBackend;
    if (isFloat(a, b)) {
      const [x, y] = [backend.floats(a), backend.floats(b)];
      return broadcast(addon.binary, op, a, b, x, y, (shape) => backend.create(shape));
    }
    const integerOp = ARITHMETIC.indexOf(name);
    if (integerOp < 0 || a.dtype !== 'int32' || b.dtype !== 'int32') return onCpu(call);
    return integers(addon, backend, integerOp, a, b);
  };
}

function addAll(addon: Addon): KernelFunc {
  const onCpu = tf.getKernel('AddN', 'cpu').kernelFunc;
  return (call) => {
    const inputs = call.inputs as unknown as TensorInfo[];
    if (inputs.length < 2 || !isFloat(...inputs)) return onCpu(call);
    const backend = call.backend as NativeBackend;
    const { info, values } = backend.create(inputs[0].shape);
    const shape = Int32Array.of(sizeOf(inputs[0].shape));
    const one = Int32Array.of(1);
    let sum = backend.floats(inputs[0]);
    for (const input of inputs.slice(1)) {
      if (shape[0] > 0)
        addon.binary(0, sum, backend.floats(input), values, shape, one, one, shape[0], shape[0]);
      sum = values;
    }
    return info;
  };
}
