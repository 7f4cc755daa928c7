/**
 * Makes the addon a TensorFlow.js backend named `native`: tfjs' cpu backend (typed arrays in JavaScript's memory), its
 * hot kernels replaced by C++ on the same arrays, and the fused transformer layers beside them.
 */
import type { KernelFunc } from '@tensorflow/tfjs';
import { readAvailableMemory } from '../available-memory.ts';
import { useKeptKeys } from '../kept-keys.ts';
import { useFusedLayers } from '../layers.ts';
import { tf } from '../tf.ts';
import { loadAddon } from './addon.ts';
import type { Addon } from './addon.ts';
import { elementwiseKernels } from './elementwise.ts';
import { indexingKernels } from './indexing.ts';
import { integerKernels } from './integers.ts';
import { openNativeKeptKeys } from './kept-keys.ts';
import { fusedLayers, layerGradients, layerKernels } from './layers.ts';
import { linear, linearGradient, linearKernels } from './linear.ts';
import { matmulKernels } from './matmul.ts';
import { NativeBackend } from './memory.ts';
import { moveKernels } from './moves.ts';
import { orderKernels } from './order.ts';
import { reduceKernels } from './reduce.ts';
import { NATIVE } from './registry.ts';

/** Idle result buffers may hold this share of the memory there is (a container's, too) before they are given back. */
const IDLE_SHARE = 0.2;

/** Above wasm and webgl, which register with priorities up to 2. */
const PRIORITY = 10;

let registered: Addon | null = null;

/** Registers the backend once per process; the addon's path counts at the first call only. */
export function registerNative(addonFile?: string): Addon {
  const addon = registered ?? loadAddon(addonFile);
  if (registered) return registered;
  tf.copyRegisteredKernels('cpu', NATIVE);
  const kernels: Record<string, KernelFunc> = {
    ...matmulKernels(addon),
    ...elementwiseKernels(addon),
    ...integerKernels(addon),
    ...reduceKernels(addon),
    ...orderKernels(addon),
    ...moveKernels(addon),
    ...indexingKernels(addon),
    ...layerKernels(addon),
    ...linearKernels(addon),
  };
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, NATIVE)) tf.unregisterKernel(kernelName, NATIVE);
    tf.registerKernel({ kernelName, backendName: NATIVE, kernelFunc });
  }
  [...layerGradients, linearGradient].forEach((gradient) => tf.registerGradient(gradient));
  useFusedLayers(NATIVE, { ...fusedLayers, linear });
  useKeptKeys(NATIVE, (shape) => openNativeKeptKeys(addon, shape));
  const adviseHuge = (values: Float32Array) => addon.adviseHuge(values, values.length);
  tf.registerBackend(
    NATIVE,
    () => new NativeBackend(readAvailableMemory().ramBytes * IDLE_SHARE, adviseHuge) as never,
    PRIORITY,
  );
  return (registered = addon);
}
