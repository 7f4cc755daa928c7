/**
 * Makes a Dawn device the TensorFlow.js backend `webgpu`: tfjs' own JavaScript and WGSL for ordinary operations, on a device
 * that asked for larger limits than tfjs does. Reads wait for the device, so they are asynchronous or refused.
 */
import { tf, webgpuBackendModule } from '../tf.ts';
import { describeDevice, isSoftware, type OpenDevice, openDevice, type DawnOptions } from './dawn.ts';
import type { TfjsWebgpuBackend, TfjsWebgpuModule } from './gpu-types.ts';

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

function createBackend({ device, info, subgroups }: OpenDevice): WebgpuBackend {
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

    override async read(dataId: object): Promise<ArrayLike<number>> {
      try {
        return await super.read(dataId);
      } catch (error) {
        this.expectAlive();
        throw error;
      } finally {
        this.expectAlive();
      }
    }

    /** tfjs keeps what was read beside the buffer; here kernels change buffers in place, so a copy would go stale. */
    override convertAndCacheOnCPU<T>(_: object, values: T): T {
      return values;
    }

    override readSync(dataId: object): never {
      const { values } = this.tensorMap.get(dataId);
      if (values) return values as never;
      throw new Error(
        'webgpu: expected `await tensor.data()`, got a blocking read. A device cannot be waited for.',
      );
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
