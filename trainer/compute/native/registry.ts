/** Looks up kernels registered for the native backend: ours where we have one, else tfjs' JavaScript one. */
import type { KernelFunc } from '@tensorflow/tfjs';
import { tf } from '../tf.ts';

export const NATIVE = 'native';

export function kernel(name: string): KernelFunc {
  const found = tf.getKernel(name, NATIVE);
  if (!found)
    throw new Error(`native: expected a kernel named ${name}, got none. Update TensorFlow.js or its caller.`);
  return found.kernelFunc;
}
