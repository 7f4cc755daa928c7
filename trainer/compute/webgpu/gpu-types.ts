/**
 * The few parts of WebGPU and of tfjs' webgpu backend that this room touches. Node has no types for the former, and the
 * latter keeps what is needed here private: these are the names as of tfjs-backend-webgpu 4.22.0.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs';

export interface GpuBuffer {
  readonly size: number;
  readonly mapState: 'unmapped' | 'pending' | 'mapped';
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

export interface GpuComputePass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
}

export interface GpuCommandEncoder {
  beginComputePass(): GpuComputePass;
  clearBuffer(buffer: GpuBuffer, offset?: number, size?: number): void;
  copyBufferToBuffer(
    from: GpuBuffer,
    fromOffset: number,
    to: GpuBuffer,
    toOffset: number,
    size: number,
  ): void;
}

export type GpuLimits = Record<LimitName, number>;
export type LimitName =
  | 'maxBufferSize'
  | 'maxStorageBufferBindingSize'
  | 'maxComputeWorkgroupStorageSize'
  | 'maxComputeInvocationsPerWorkgroup'
  | 'maxComputeWorkgroupSizeX'
  | 'maxComputeWorkgroupsPerDimension'
  | 'maxStorageBuffersPerShaderStage';

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
  requestDevice(descriptor: object): Promise<GpuDevice>;
}

export interface GpuDevice {
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
  readonly lost: Promise<{ reason: string; message: string }>;
  onuncapturederror: ((event: { error: { message: string } }) => void) | null;
  createShaderModule(descriptor: { code: string; label: string }): object;
  createComputePipeline(descriptor: object): GpuPipeline;
  createBindGroup(descriptor: object): object;
  destroy(): void;
}

export interface Gpu {
  readonly wgslLanguageFeatures?: ReadonlySet<string>;
  requestAdapter(options: object): Promise<GpuAdapter | null>;
}

/** What tfjs knows of a tensor: `values` while it is only on the processor, `resource` once it is on the device. */
export interface GpuTensorData {
  readonly dtype: DataType;
  values: ArrayLike<number> | null;
  resource: GpuBuffer | null;
  refCount: number;
}

/** tfjs' WebGPUBackend, private parts included. */
export interface TfjsWebgpuBackend {
  readonly device: GpuDevice;
  readonly tensorMap: { get(dataId: object): GpuTensorData };
  readonly bufferManager: {
    acquireBuffer(sizeBytes: number, usage: number): GpuBuffer;
    releaseBuffer(buffer: GpuBuffer): void;
  };
  /** Ids that unsubmitted commands read or write: their buffers are kept until these are submitted. */
  commandQueueOwnedIds: WeakSet<object>;
  stagingPendingDisposal: GpuBuffer[];
  commandEncoder: GpuCommandEncoder | null;
  computePassEncoder: GpuComputePass | null;
  dispatchCountInPass: number;
  makeTensorInfo(shape: number[], dtype: DataType): TensorInfo;
  uploadToGPU(dataId: object): void;
  makeUniforms(uniforms: { type: 'uint32' | 'float32'; data: number[] }[]): { buffer: GpuBuffer };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  getBufferData(buffer: GpuBuffer): Promise<ArrayBuffer>;
  convertAndCacheOnCPU<T>(dataId: object, values: T): T;
  readSync(dataId: object): TypedValues;
}

export type TfjsWebgpuModule = {
  WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => TfjsWebgpuBackend;
};

/** GPUBufferUsage of the standard: COPY_SRC | COPY_DST | STORAGE. */
export const STORAGE_USAGE = 0x0004 | 0x0008 | 0x0080;
/** COPY_DST | MAP_READ. */
export const STAGING_USAGE = 0x0008 | 0x0001;
/** GPUMapMode.READ */
export const MAP_READ = 1;

export type TypedValues = Float32Array | Int32Array | Uint8Array;
