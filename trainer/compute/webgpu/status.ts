/** The word in which shaders say that an input was bad: read when a fit settles, since nothing waits for a shader before. */
import { KernelInputError, notFinite } from '../kernel-inputs.ts';
import type { GpuBuffer } from './gpu-types.ts';
import type { Runner } from './runner.ts';
import { OUTSIDE_DECODER } from './wgsl/lists.ts';
import { ENCODER_NOT_FINITE, HIDDEN_NOT_FINITE } from './wgsl/pre-acts.ts';

const STATUS_BYTES = 16;

export class Status {
  readonly buffer: GpuBuffer;
  private readonly runner: Runner;

  constructor(runner: Runner) {
    this.runner = runner;
    this.buffer = runner.scratch('status', STATUS_BYTES);
    runner.clear(this.buffer);
  }

  async settle(): Promise<void> {
    const [flags] = new Uint32Array(await this.runner.download(this.buffer));
    if (flags === 0) return;
    this.runner.clear(this.buffer);
    // A NaN in the hidden states makes NaN acts too: the cause is named, not what followed.
    if (flags & HIDDEN_NOT_FINITE) throw notFinite('hidden_BD');
    if (flags & ENCODER_NOT_FINITE) throw notFinite('encoder_FD and encoderBias_F');
    if (flags & OUTSIDE_DECODER) {
      throw new KernelInputError(
        'indices_BK: expected rows of the dictionary, got an index outside. Pass what encodeTopK gave.',
      );
    }
  }
}
