/** BatchMatMul and _FusedMatMul on the addon: all transposes by packing, batches with broadcasting. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import type { Addon } from './addon.ts';
import { isFloat, sizeOf } from './memory.ts';
import type { NativeBackend } from './memory.ts';
import { kernel } from './registry.ts';

const FIRST_MATRIX = Int32Array.of(0);

/** The kernels behind the activations a fused product may end with. */
const ACTIVATIONS: Record<string, string> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
  sigmoid: 'Sigmoid',
};

export function matmulKernels(addon: Addon): Record<string, KernelFunc> {
  const onCpu = tf.getKernel('BatchMatMul', 'cpu').kernelFunc;
  const fusedOnCpu = tf.getKernel('_FusedMatMul', 'cpu').kernelFunc;
  return {
    BatchMatMul: (call) => {
      const { a, b } = call.inputs as Record<string, TensorInfo>;
      if (!isFloat(a, b)) return onCpu(call);
      return multiply(addon, call.backend as NativeBackend, a, b, call.attrs as unknown as Transposes);
    },
    _FusedMatMul: (call) => {
      const { a, b } = call.inputs as Record<string, TensorInfo>;
      if (!isFloat(a, b)) return fusedOnCpu(call);
      return multiplyAddActivate(addon, call);
    },
  };
}

interface Transposes {
  transposeA: boolean;
  transposeB: boolean;
}

function multiplyAddActivate(addon: Addon, call: Parameters<KernelFunc>[0]): TensorInfo {
  const backend = call.backend as NativeBackend;
  const { a, b, bias, preluActivationWeights: alpha } = call.inputs as Record<string, TensorInfo>;
  const { activation, leakyreluAlpha } = call.attrs as { activation?: string; leakyreluAlpha?: number };
  let result = multiply(addon, backend, a, b, call.attrs as unknown as Transposes);
  const replaceBy = (name: string, inputs: Record<string, TensorInfo>, attrs = {}): void => {
    const next = kernel(name)({ inputs, attrs, backend }) as TensorInfo;
    backend.disposeData(result.dataId);
    result = next;
  };
  if (bias) replaceBy('Add', { a: result, b: bias });
  if (activation && activation !== 'linear') {
    const inputs: Record<string, TensorInfo> = activation === 'prelu' ? { x: result, alpha } : { x: result };
    replaceBy(ACTIVATIONS[activation] ?? activation, inputs, { alpha: leakyreluAlpha });
  }
  return result;
}

function multiply(
  addon: Addon,
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Transposes,
): TensorInfo {
  const [rowsA, colsA] = a.shape.slice(-2);
  const [rowsB, colsB] = b.shape.slice(-2);
  const [M, K] = transposeA ? [colsA, rowsA] : [rowsA, colsA];
  const [depth, N] = transposeB ? [colsB, rowsB] : [rowsB, colsB];
  if (K !== depth) {
    throw new Error(
      `matMul: inner shapes (${K}) and (${depth}) of Tensors with shapes ${a.shape} and ${b.shape} and ` +
        `transposeA=${transposeA} and transposeB=${transposeB} must match.`,
    );
  }
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const { info, values } = backend.create([...batch, M, N]);
  const offsetsA = batchOffsets(a.shape.slice(0, -2), batch);
  const offsetsB = batchOffsets(b.shape.slice(0, -2), batch);
  const [left, right] = [backend.floats(a), backend.floats(b)];
  addon.matmul(left, right, values, M, N, K, transposeA, transposeB, offsetsA, offsetsB);
  return info;
}

/** For every matrix of the output's batch, which matrix of an operand with the batch axes `own` it reads. */
function batchOffsets(own: number[], batch: number[]): Int32Array {
  const count = sizeOf(batch);
  if (count === 1) return FIRST_MATRIX;
  const ownCount = sizeOf(own);
  const offsets = new Int32Array(count);
  if (ownCount === 1) return offsets;
  const padded = [...Array<number>(batch.length - own.length).fill(1), ...own];
  for (let i = 0; i < count; i++) {
    let rest = i;
    let stride = 1;
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const at = rest % batch[axis];
      rest = Math.floor(rest / batch[axis]);
      if (padded[axis] > 1) offsets[i] += at * stride;
      stride *= padded[axis];
    }
  }
  return offsets;
}
