/** The fused dictionary operations in WGSL, on the tensors of tfjs' webgpu backend. What each computes stands in kernels.ts. */
import type { Kernels } from '../kernels.ts';
import { adam } from './adam.ts';
import { encodeBatchTopK, encodeThreshold } from './encode-many.ts';
import { encodeTopK, type EncodeOptions } from './encode.ts';
import { ListBuilder } from './feature-lists.ts';
import { decode, encoderGradient, hierarchical } from './hierarchical.ts';
import type { WebgpuBackend } from './register.ts';
import { Runner } from './runner.ts';
import { Status } from './status.ts';
import { sumOfSquares } from './sums.ts';

export interface WebgpuKernelOptions extends EncodeOptions {
  /** For the residual sums of a block of rows (hierarchical.ts). */
  readonly suffixBytes: number;
  /** False: sum through workgroup memory even where the device has subgroups. */
  readonly subgroups: boolean;
}

export const ON_CARD: WebgpuKernelOptions = {
  tile: 128,
  threads: 256,
  scratchBytes: 256 * 2 ** 20,
  blockRows: 16_384,
  suffixBytes: 256 * 2 ** 20,
  subgroups: true,
};

/** A processor takes a workgroup's threads in turn, so fewer of them wait less. */
export const IN_SOFTWARE: WebgpuKernelOptions = { ...ON_CARD, tile: 64, threads: 32 };

export function createWebgpuKernels(
  backend: WebgpuBackend,
  options: WebgpuKernelOptions = backend.software ? IN_SOFTWARE : ON_CARD,
): Kernels {
  const runner = new Runner(backend);
  const status = new Status(runner);
  const encoder = { runner, status, options };
  const lists = new ListBuilder(runner, status);
  const rooms = {
    runner,
    status,
    lists,
    scratchBytes: options.suffixBytes,
    subgroups: options.subgroups && backend.subgroups,
  };
  return {
    name: 'webgpu',
    encodeTopK: (input) => encodeTopK(encoder, input),
    encodeBatchTopK: (input) => encodeBatchTopK(encoder, input),
    encodeThreshold: (input) => encodeThreshold(encoder, input),
    decode: (...input) => decode(rooms, ...input),
    hierarchical: (input) => hierarchical(rooms, input),
    encoderGradient: (input) => encoderGradient(rooms, input),
    adam: (input) => adam(runner, input),
    sumOfSquares: (gradient, unitRows) => sumOfSquares(runner, gradient, unitRows),
    settle: () => status.settle(),
  };
}
