/**
 * Runs our WGSL on the tensors of tfjs' webgpu backend, without copies and in one order with tfjs' own programs: same
 * command encoder, same compute pass. Knows nothing of dictionaries.
 */
import type { DataType, Tensor, Variable } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';
import { type GpuBuffer, type GpuDevice, type GpuPipeline, STORAGE_USAGE } from './gpu-types.ts';
import type { WebgpuBackend } from './register.ts';

/** Commands recorded before they are handed to the device; tfjs' own number (WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE). */
const COMMANDS_PER_SUBMIT = 15;

export interface Range {
  readonly buffer: GpuBuffer;
  readonly offset: number;
  readonly size: number;
}

export type Uniform = number | { readonly float: number };

export interface Dispatch {
  readonly name: string;
  readonly code: string;
  /** In the order of @binding; the uniforms come after them. */
  readonly buffers: readonly (GpuBuffer | Range)[];
  /** uint32 unless said. */
  readonly uniforms: readonly Uniform[];
  readonly workgroups: number | readonly [x: number, y: number, z: number];
}

/** By WGSL, for every Runner of a device: compiling takes up to a second. */
const compiled = new WeakMap<GpuDevice, Map<string, GpuPipeline>>();

export class Runner {
  readonly backend: WebgpuBackend;
  private readonly scratches = new Map<string, GpuBuffer>();
  /** Made for the next command alone. */
  private readonly borrowed: Tensor[] = [];

  constructor(backend: WebgpuBackend) {
    this.backend = backend;
  }

  /** The buffer of a float32 or int32 tensor, for this and later commands to read. */
  read(tensor: Tensor): GpuBuffer {
    const { backend } = this;
    let { dataId } = tensor;
    // tfjs' cast from int32 to float32 only renames: the buffer would still hold integers.
    if (tensor.dtype === 'float32' && backend.tensorMap.get(dataId).dtype !== 'float32') {
      const converted = copyOf(tensor);
      this.borrowed.push(converted);
      ({ dataId } = converted);
    }
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource as GpuBuffer;
  }

  /** A variable's own buffer, to be changed in place: one that other tensors share is copied first. */
  own(variable: Variable): GpuBuffer {
    if (this.backend.tensorMap.get(variable.dataId).refCount > 1) {
      const copy = copyOf(variable);
      variable.assign(copy);
      copy.dispose();
    }
    return this.read(variable);
  }

  /** A new tensor with undefined content. */
  create(shape: number[], dtype: DataType = 'float32'): { tensor: Tensor; buffer: GpuBuffer } {
    const tensor = tf.engine().makeTensorFromTensorInfo(this.backend.makeTensorInfo(shape, dtype));
    return { tensor, buffer: this.read(tensor) };
  }

  /** A named buffer of at least that size with undefined content, used again by the next call of the same name. */
  scratch(name: string, sizeBytes: number): GpuBuffer {
    const kept = this.scratches.get(name);
    if (kept && kept.size >= sizeBytes) return kept;
    if (kept) this.backend.stagingPendingDisposal.push(kept);
    const buffer = this.backend.bufferManager.acquireBuffer(Math.max(16, sizeBytes), STORAGE_USAGE);
    this.scratches.set(name, buffer);
    return buffer;
  }

  clear(buffer: GpuBuffer): void {
    this.backend.ensureCommandEncoderReady();
    this.backend.endComputePassEncoder();
    this.backend.commandEncoder?.clearBuffer(buffer);
  }

  run(dispatch: Dispatch): void {
    const { backend } = this;
    backend.expectAlive();
    const pipeline = this.pipeline(dispatch);
    const uniforms = backend.makeUniforms(dispatch.uniforms.map(toUniform));
    const bound = [...dispatch.buffers, uniforms.buffer];
    const group = backend.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: bound.map((item, binding) => ({
        binding,
        resource: this.expectBindable('buffer' in item ? item : { buffer: item }),
      })),
    });
    const [x, y, z] =
      typeof dispatch.workgroups === 'number' ? this.spread(dispatch.workgroups) : dispatch.workgroups;
    backend.ensureCommandEncoderReady();
    backend.computePassEncoder ??= backend.commandEncoder?.beginComputePass() ?? null;
    backend.computePassEncoder?.setPipeline(pipeline);
    backend.computePassEncoder?.setBindGroup(0, group);
    backend.computePassEncoder?.dispatchWorkgroups(x, y, z);
    backend.dispatchCountInPass += 1;
    tf.dispose(this.borrowed.splice(0));
    if (backend.dispatchCountInPass < COMMANDS_PER_SUBMIT) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  }

  /** Waits for everything asked so far. */
  download(buffer: GpuBuffer): Promise<ArrayBuffer> {
    return this.backend.getBufferData(buffer);
  }

  /** One dimension ends at 65,535 workgroups: more go on in y. WGSL's `linearId` undoes it. */
  spread(total: number, z = 1): readonly [number, number, number] {
    const most = this.backend.device.limits.maxComputeWorkgroupsPerDimension;
    const y = Math.ceil(total / most);
    return [Math.ceil(total / y), y, z];
  }

  private pipeline({ name, code }: Dispatch): GpuPipeline {
    const { device } = this.backend;
    const pipelines = compiled.get(device) ?? new Map<string, GpuPipeline>();
    compiled.set(device, pipelines);
    const known = pipelines.get(code);
    if (known) return known;
    const module = device.createShaderModule({ code, label: name });
    const pipeline = device.createComputePipeline({
      label: name,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    pipelines.set(code, pipeline);
    return pipeline;
  }

  private expectBindable(binding: Range | { buffer: GpuBuffer }): Range | { buffer: GpuBuffer } {
    const most = this.backend.device.limits.maxStorageBufferBindingSize;
    const sizeBytes = 'size' in binding ? binding.size : binding.buffer.size;
    if (sizeBytes <= most) return binding;
    throw new Error(
      `webgpu: expected tensors of at most ${most} bytes on this device, got ${sizeBytes}. ` +
        'Choose a narrower dictionary or a smaller batch.',
    );
  }
}

/** Kept whatever tidy it is made in. */
function copyOf(tensor: Tensor): Tensor {
  return tf.tidy(() => tf.keep(tf.mul(tensor, 1)));
}

function toUniform(value: Uniform): { type: 'uint32' | 'float32'; data: number[] } {
  if (typeof value === 'number') return { type: 'uint32', data: [value] };
  return { type: 'float32', data: [value.float] };
}
