/** The least time a step could take on a device: its one dense product at the matrix rate, its weights at the copy rate. Pure. */
import type { Shape } from './options.ts';
import { encoderFlop } from './report.ts';

export interface Ceilings {
  /** Bytes read and bytes written, together, per second. */
  readonly copyBytesPerSecond: number;
  readonly matrixFlopPerSecond: number;
}

/** Copied to find the copy rate, here and in peers/products.py: beyond every cache. */
export const COPY_BYTES = 256 * 2 ** 20;

/** Adam reads a weight, its gradient and two moments, and writes all but the gradient. */
const ADAM_PASSES = 7;
/** A gradient is written before Adam reads it. */
const GRADIENT_PASSES = 1;

export interface Floor {
  readonly productMs: number;
  readonly weightsMs: number;
  /** One after the other: the update waits for the gradients, those for the product. */
  readonly floorMs: number;
}

export function floorOf(shape: Shape, ceilings: Ceilings): Floor {
  const productMs = (1000 * encoderFlop(shape)) / ceilings.matrixFlopPerSecond;
  const weightBytes = 4 * 2 * shape.F * shape.D;
  const weightsMs = (1000 * weightBytes * (ADAM_PASSES + GRADIENT_PASSES)) / ceilings.copyBytesPerSecond;
  return { productMs, weightsMs, floorMs: productMs + weightsMs };
}
