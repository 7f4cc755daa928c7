/**
 * The tensors of the native backend: those of the tfjs cpu backend, with result buffers used again. A fresh Float32Array
 * is zero-filled page by page, which costs more than most kernels. A buffer is used again only if nothing but native
 * kernels ever saw it: reading `values` (dataSync, any JavaScript kernel, a slice that shares memory) takes it out of
 * circulation, because someone may still hold it.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import { cpuBackendClass } from '../tf.ts';
import type { CpuBackend, CpuTensorData } from '../tf.ts';

export type PlainType = 'float32' | 'int32' | 'bool';
export type PlainValues = Float32Array | Int32Array | Uint8Array;

/** Shorter arrays are quicker to allocate than to keep. */
const SMALLEST_KEPT = 256;
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
  private readonly idle = new Map<number, Float32Array[]>();
  private idleBytes = 0;
  private readonly mostIdleBytes: number;
  private readonly adviseHuge: (values: Float32Array) => void;

  constructor(mostIdleBytes: number, adviseHuge: (values: Float32Array) => void) {
    super();
    this.mostIdleBytes = mostIdleBytes;
    this.adviseHuge = adviseHuge;
  }

  /** A new float32 tensor with undefined content, for a kernel to fill whole. */
  create(shape: number[]): { info: TensorInfo; values: Float32Array } {
    const size = sizeOf(shape);
    const kept = size >= SMALLEST_KEPT ? this.idle.get(size)?.pop() : undefined;
    if (kept) this.idleBytes -= kept.byteLength;
    const values = kept ?? this.allocate(size);
    if (size < SMALLEST_KEPT) return { info: this.makeTensorInfo(shape, 'float32', values), values };
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

  private allocate(size: number): Float32Array {
    const values = new Float32Array(size);
    if (size >= SMALLEST_HUGE) this.adviseHuge(values);
    return values;
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
    if (gone && data instanceof PooledData && !data.seen) this.keep(data.buffer);
    return gone;
  }

  private keep(buffer: Float32Array): void {
    if (this.idleBytes + buffer.byteLength > this.mostIdleBytes) {
      this.idle.clear();
      this.idleBytes = 0;
    }
    const sameSize = this.idle.get(buffer.length);
    if (sameSize) sameSize.push(buffer);
    else this.idle.set(buffer.length, [buffer]);
    this.idleBytes += buffer.byteLength;
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
