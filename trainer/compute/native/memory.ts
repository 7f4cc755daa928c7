/**
 * The tensors of the native backend: those of the tfjs cpu backend, with result buffers used again (buffer-pool.ts). A
 * buffer is used again only if nothing but native kernels ever saw it: reading `values` (dataSync, any JavaScript kernel,
 * a slice that shares memory) takes it out of circulation, because someone may still hold it.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import { cpuBackendClass } from '../tf.ts';
import type { CpuBackend, CpuTensorData } from '../tf.ts';
import { BufferPool, SMALLEST_KEPT } from './buffer-pool.ts';

export type PlainType = 'float32' | 'int32' | 'bool';
export type PlainValues = Float32Array | Int32Array | Uint8Array;

/** From here on arrays ask for huge pages: weights read row by row at random miss the translation cache otherwise. 4 MiB. */
const SMALLEST_HUGE = 1 << 20;

class PooledData implements CpuTensorData {
  readonly dtype = 'float32';
  refCount = 1;
  seen = false;
  readonly buffer: Float32Array;

  constructor(buffer: Float32Array) {
    this.buffer = buffer;
  }

  get values(): Float32Array {
    this.seen = true;
    return this.buffer;
  }
}

type CpuClass = new () => CpuBackend & { nextDataId(): number };

export class NativeBackend extends (cpuBackendClass() as CpuClass) {
  protected firstUse = false;
  private readonly pool: BufferPool;

  constructor(mostIdleBytes: number, adviseHuge: (values: Float32Array) => void) {
    super();
    const allocate = (length: number): Float32Array => {
      const values = new Float32Array(length);
      if (length >= SMALLEST_HUGE) adviseHuge(values);
      return values;
    };
    this.pool = new BufferPool({ mostIdleBytes, allocate });
  }

  /** A new float32 tensor with undefined content, for a kernel to fill whole. */
  create(shape: number[]): { info: TensorInfo; values: Float32Array } {
    const size = sizeOf(shape);
    if (size < SMALLEST_KEPT) {
      const values = new Float32Array(size);
      return { info: this.makeTensorInfo(shape, 'float32', values), values };
    }
    const values = this.pool.take(size);
    const dataId = { id: this.nextDataId() };
    this.data.set(dataId, new PooledData(values));
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  /** As create(), of a type that kernels here know. Only float32 is used again. */
  createAs(shape: number[], dtype: PlainType): { info: TensorInfo; values: PlainValues } {
    if (dtype === 'float32') return this.create(shape);
    const size = sizeOf(shape);
    const values = dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
    return { info: this.makeTensorInfo(shape, dtype, values), values };
  }

  /** The values of a tensor of a plain type, for reading within one kernel, in the array of its type. */
  valuesOf(info: TensorInfo): PlainValues {
    if (info.dtype === 'float32') return this.floats(info);
    return info.dtype === 'int32' ? this.ints(info) : this.bools(info);
  }

  bools(info: TensorInfo): Uint8Array {
    const { values } = this.data.get(info.dataId);
    return values instanceof Uint8Array ? values : Uint8Array.from(values);
  }

  /** The float32 values of a tensor, for reading within one kernel. */
  floats(info: TensorInfo): Float32Array {
    const data = this.data.get(info.dataId);
    if (data instanceof PooledData) return data.buffer;
    // A cast from int32 only renames the type in tfjs: the values may still be another array.
    return data.values instanceof Float32Array ? data.values : Float32Array.from(data.values);
  }

  ints(info: TensorInfo): Int32Array {
    const { values } = this.data.get(info.dataId);
    return values instanceof Int32Array ? values : Int32Array.from(values);
  }

  /**
   * The values of a variable, for updating in place; null while another tensor shares them (a clone, or the tensor the
   * variable was made from), or while large ones lie on small pages: then the caller has to assign a tensor of create().
   */
  ownFloats(info: TensorInfo): Float32Array | null {
    const data = this.data.get(info.dataId);
    if (data.refCount > 1) return null;
    if (data instanceof PooledData) return data.buffer;
    return data.values instanceof Float32Array && data.values.length < SMALLEST_HUGE ? data.values : null;
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && data instanceof PooledData) {
      if (data.seen) this.pool.giveUp(data.buffer);
      else this.pool.giveBack(data.buffer);
    }
    return gone;
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

export function isFloat(...infos: { dtype: DataType }[]): boolean {
  return infos.every((info) => info.dtype === 'float32');
}

/** Whether kernels here know the type: not strings, not complex numbers. */
export function isPlain(dtype: DataType): dtype is PlainType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}
