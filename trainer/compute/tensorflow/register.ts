/**
 * Makes libtensorflow a TensorFlow.js backend named `tensorflow`: the backend class and the kernels of
 * @tensorflow/tfjs-node-gpu, over our binding. It must share our one engine (tf.ts), which is checked.
 */
import { createRequire } from 'node:module';
import { tf } from '../tf.ts';
import { loadBinding } from './binding.ts';
import type { Binding, LoadOptions } from './binding.ts';

const TENSORFLOW = 'tensorflow';
const PACKAGE = '@tensorflow/tfjs-node-gpu';
/** Above every backend of TensorFlow.js. */
const PRIORITY = 20;

type BackendModule = { NodeJSKernelBackend: new (binding: Binding, packageName: string) => object };

export interface OpenedTensorflow {
  /** For people: the device and libtensorflow's version. */
  readonly device: string;
  readonly threads: number;
  readonly onGpu: boolean;
}

let registered: OpenedTensorflow | null = null;

/** Registers the backend once per process; the options of the first call count. */
export function registerTensorflow(options: LoadOptions): OpenedTensorflow {
  const opened = registered ?? register(options);
  if (opened.onGpu || options.asked) return opened;
  throw new Error(`${opened.device}: it sees no card; docs/backends.md says what to look at`);
}

function register(options: LoadOptions): OpenedTensorflow {
  const { binding, threads } = loadBinding(options);
  const requireFromPackage = openPackage();
  restoreOldUtil(requireFromPackage('node:util') as Record<string, unknown>);
  const { NodeJSKernelBackend } = requireFromPackage('./dist/nodejs_kernel_backend.js') as BackendModule;
  requireFromPackage('./dist/register_all_kernels.js');
  tf.registerBackend(TENSORFLOW, () => new NodeJSKernelBackend(binding, PACKAGE) as never, PRIORITY);
  const onGpu = binding.isUsingGpuDevice();
  const device = `${onGpu ? 'CUDA' : 'CPU'}, libtensorflow ${binding.TF_Version}`;
  return (registered = { device, threads, onGpu });
}

function openPackage(): NodeJS.Require {
  const require = createRequire(import.meta.url);
  const requireFromPackage = createRequire(require.resolve(`${PACKAGE}/package.json`));
  const [ours, theirs] = [require, requireFromPackage].map((from) => from.resolve('@tensorflow/tfjs'));
  if (ours !== theirs) {
    throw new Error(
      `expected ${PACKAGE} to share our TensorFlow.js, got ${theirs} beside ${ours}: pin both to one version`,
    );
  }
  return requireFromPackage;
}

/** The package calls two functions of Node's `util` that Node 23 took away. */
function restoreOldUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value == null;
  util.isArray ??= Array.isArray;
}
