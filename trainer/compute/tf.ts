/**
 * The one place that loads TensorFlow.js. The CommonJS build is taken because only it registers every gradient from Node,
 * and because every backend must share one engine: a second copy of tfjs-core would hold other tensors.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as tfjs from '@tensorflow/tfjs';
import type { TensorInfo } from '@tensorflow/tfjs';

type Tfjs = typeof tfjs;
type CpuModule = { MathBackendCPU: new () => CpuBackend };
type WasmModule = { setWasmPaths(folder: string): void };

/** What the tfjs cpu backend keeps of a tensor: its values are an ordinary typed array, never a copy. */
export interface CpuTensorData {
  values: Float32Array | Int32Array | Uint8Array;
  dtype: string;
  refCount: number;
}

export interface CpuBackend {
  data: {
    get(dataId: object): CpuTensorData;
    has(dataId: object): boolean;
    set(dataId: object, data: CpuTensorData): void;
  };
  makeTensorInfo(shape: number[], dtype: string, values: CpuTensorData['values']): TensorInfo;
  incRef(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
}

const require = createRequire(import.meta.url);
const requireBesideTfjs = createRequire(require.resolve('@tensorflow/tfjs'));

export const tf = require('@tensorflow/tfjs') as Tfjs;

/**
 * A tfjs cpu backend that does not print, at its first tensor, the advice to install tfjs-node: here the faster
 * backends are chosen on purpose (backend.ts).
 */
export function createCpuBackend(): CpuBackend {
  const { MathBackendCPU } = requireBesideTfjs('@tensorflow/tfjs-backend-cpu') as CpuModule;
  return Object.assign(new MathBackendCPU(), { firstUse: false });
}

/** tfjs' own cpu backend class, to be extended by native/. */
export function cpuBackendClass(): new () => CpuBackend {
  return (requireBesideTfjs('@tensorflow/tfjs-backend-cpu') as CpuModule).MathBackendCPU;
}

tf.removeBackend('cpu');
tf.registerBackend('cpu', () => createCpuBackend() as never, 1);

/** Registers the wasm backend; its binaries are read from the installed package, never fetched. */
export function registerWasm(): void {
  const entry = require.resolve('@tensorflow/tfjs-backend-wasm');
  const wasm = require('@tensorflow/tfjs-backend-wasm') as WasmModule;
  wasm.setWasmPaths(`${dirname(entry)}/`);
}

/** tfjs' webgpu backend, its kernels registered with it; register.ts in webgpu/ knows what is in it. */
export function webgpuBackendModule(): unknown {
  return require('@tensorflow/tfjs-backend-webgpu');
}
