/**
 * Makes a Dawn device the TensorFlow.js backend `webgpu`: tfjs' own JavaScript and WGSL for ordinary operations, on a device
 * that asked for larger limits than tfjs does, and with blocking reads, which tfjs has in browsers only.
 */
import { tf, webgpuBackendModule } from '../tf.ts';
import { describeDevice, isSoftware, type OpenDevice, openDevice, type DawnOptions } from './dawn.ts';
import {
  type GpuBuffer,
  MAP_READ,
  STAGING_USAGE,
  type TfjsWebgpuBackend,
  type TfjsWebgpuModule,
  type TypedValues,
} from './gpu-types.ts';

export const WEBGPU = 'webgpu';

/** Above native's 10: taken only where a real device was found. */
const PRIORITY = 20;

export interface WebgpuBackend extends TfjsWebgpuBackend {
  readonly subgroups: boolean;
  /** The device is a processor pretending to be a card. */
  readonly software: boolean;
  /** Throws when the device is gone or has refused a command. */
  expectAlive(): void;
}

export interface Registered {
  readonly backend: WebgpuBackend;
  /** For people. */
  readonly device: string;
}

let registered: Promise<Registered> | null = null;

/** Once per process: a second call gives what the first one opened. */
export function registerWebgpu(options: DawnOptions): Promise<Registered> {
  registered ??= register(options).catch((error: unknown) => {
    registered = null;
    throw error;
  });
  return registered;
}

async function register(options: DawnOptions): Promise<Registered> {
  const opened = await openDevice(options);
  const backend = withNavigator(opened, () => createBackend(opened));
  tf.removeBackend(WEBGPU);
  tf.registerBackend(WEBGPU, () => backend as never, PRIORITY);
  return { backend, device: describeDevice(opened) };
}

function createBackend({ device, info, subgroups, pump }: OpenDevice): WebgpuBackend {
  const { WebGPUBackend } = webgpuBackendModule() as TfjsWebgpuModule;
  let failure: string | null = null;
  device.onuncapturederror = ({ error }) => (failure ??= error.message);
  void device.lost.then(({ reason, message }) => (failure ??= `the device was lost (${reason}: ${message})`));

  class Backend extends WebGPUBackend implements WebgpuBackend {
    readonly subgroups = subgroups;
    readonly software = isSoftware(info);

    expectAlive(): void {
      if (failure === null) return;
      throw new Error(
        `webgpu: expected a working device, got: ${failure.trim()}. Lower the batch or the width, update the driver, ` +
          'or choose another backend.',
      );
    }

    override async getBufferData(buffer: GpuBuffer): Promise<ArrayBuffer> {
      const staging = this.copyToStaging(buffer);
      try {
        await pump.watch(() => staging.mapAsync(MAP_READ));
      } catch (error) {
        this.expectAlive();
        throw error;
      }
      return this.takeMapped(staging);
    }

    /** tfjs reads through a canvas here, which Node has not. */
    override readSync(dataId: object): TypedValues {
      const { values, resource, dtype } = this.tensorMap.get(dataId);
      if (values) return values as TypedValues;
      const staging = this.copyToStaging(resource as GpuBuffer);
      pump.watch(() => staging.mapAsync(MAP_READ)).catch(() => undefined); // expectAlive says why
      pump.turnUntil(() => staging.mapState !== 'pending');
      const bytes = this.takeMapped(staging);
      if (dtype === 'float32') return new Float32Array(bytes);
      return dtype === 'bool' ? Uint8Array.from(new Int32Array(bytes)) : new Int32Array(bytes);
    }

    private copyToStaging(buffer: GpuBuffer): GpuBuffer {
      const staging = this.bufferManager.acquireBuffer(buffer.size, STAGING_USAGE);
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder?.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
      this.submitQueue();
      return staging;
    }

    private takeMapped(staging: GpuBuffer): ArrayBuffer {
      this.expectAlive();
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      this.bufferManager.releaseBuffer(staging);
      return bytes;
    }

    /** tfjs keeps what was read beside the buffer; here kernels change buffers in place, so a copy would go stale. */
    override convertAndCacheOnCPU<T>(_: object, values: T): T {
      return values;
    }
  }
  return new Backend(device, info);
}

/** tfjs looks for navigator.gpu once, while it constructs. Left there it would make Node look like a browser. */
function withNavigator<T>({ gpu }: OpenDevice, work: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  try {
    return work();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
}
