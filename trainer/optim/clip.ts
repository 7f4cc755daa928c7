/** Global-norm clipping (Pascanu et al. 2013): one factor for all gradients, applied inside the optimiser's kernel. */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import type { NamedTensors } from './adam.ts';

export interface Clip {
  /** Norm of all gradients together, before clipping. */
  readonly norm: number;
  /** min(1, maxNorm / norm): the gradientScale of updateAdam. */
  readonly scale: number;
}

/** `unitRows`: matrices whose gradient loses its radial part before the norm is taken, by name. */
export async function clipGlobalNorm(
  kernels: Kernels,
  gradients: NamedTensors,
  maxNorm: number,
  unitRows: Readonly<Record<string, Tensor2D>> = {},
): Promise<Clip> {
  const entries = Object.entries(gradients);
  // All asked before any is waited for: a device answers once.
  const sums = await Promise.all(
    entries.map(([name, gradient]) => kernels.sumOfSquares(gradient, unitRows[name])),
  );
  let sum = 0;
  for (const [i, squares] of sums.entries()) {
    const [name] = entries[i];
    if (!Number.isFinite(squares)) {
      throw new Error(
        `gradient of ${name}: expected finite values, got NaN or infinity. Lower the learning rate, or look at the batch.`,
      );
    }
    sum += squares;
  }
  const norm = Math.sqrt(sum);
  return { norm, scale: norm > maxNorm ? maxNorm / norm : 1 };
}
