/** The linear layer as one kernel: rows by a weight [out, in], the bias added in place; tfjs' own way makes up to four tensors. */
import type { GradConfig, KernelFunc, Tensor, Tensor2D, TensorInfo } from '@tensorflow/tfjs';
import type { Layers } from '../layers.ts';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { BINARY } from './elementwise.ts';
import { sizeOf, type NativeBackend } from './memory.ts';

const FIRST_MATRIX = Int32Array.of(0);
const ADD = BINARY.indexOf('Add');

export function linearKernels(addon: Addon): Record<string, KernelFunc> {
  return {
    FusedLinear: ({ inputs, backend: current }) => {
      const backend = current as NativeBackend;
      const { x, weight, bias } = inputs as Record<string, TensorInfo>;
      const [O, I] = weight.shape;
      const N = sizeOf(x.shape) / I;
      const { info, values } = backend.create([...x.shape.slice(0, -1), O]);
      const [left, right] = [backend.floats(x), backend.floats(weight)];
      addon.matmul(left, right, values, N, O, I, false, true, FIRST_MATRIX, FIRST_MATRIX);
      if (bias && N > 0) {
        const [shape, own, repeated] = [Int32Array.of(N, O), Int32Array.of(O, 1), Int32Array.of(0, 1)];
        addon.binary(ADD, values, backend.floats(bias), values, shape, own, repeated, values.length, O);
      }
      return info;
    },
  };
}

export const linearGradient: GradConfig = {
  kernelName: 'FusedLinear',
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, [x, weight]) => {
    const [O, I] = weight.shape;
    const dy_NO = (dy as Tensor).reshape<Tensor2D>([-1, O]);
    return {
      x: () => tf.matMul(dy_NO, weight as Tensor2D).reshape(x.shape),
      weight: () => tf.matMul(dy_NO, x.reshape<Tensor2D>([-1, I]), true, false),
      bias: () => tf.sum(dy_NO, 0),
    };
  },
};

export const linear: Layers['linear'] = (x, weight, bias) =>
  tf.engine().runKernel('FusedLinear', bias ? { x, weight, bias } : { x, weight }) as Tensor;
