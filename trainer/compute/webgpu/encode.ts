/**
 * Encoding on the device: pre-activations of a chunk of features go through one bounded scratch buffer into each row's k
 * strongest so far, so B x F never exists.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { KernelInputError, checkEncode } from '../kernel-inputs.ts';
import type { EncodeInput, TopActs } from '../kernels.ts';
import { tf } from '../tf.ts';
import type { GpuBuffer } from './gpu-types.ts';
import type { Runner } from './runner.ts';
import type { Status } from './status.ts';
import { FINITE_SHADER, HIDDEN_NOT_FINITE, preActsShader } from './wgsl/pre-acts.ts';
import { largestK, type SelectThreads, selectShader } from './wgsl/select.ts';

export interface EncodeOptions {
  /** Side of the product's tile: the larger does more per byte read, the smaller leaves less unused at the edges. */
  readonly tile: 64 | 128;
  /** Of the workgroup that ranks one row. */
  readonly threads: SelectThreads;
  /** Of one chunk's pre-activations: large enough to fill a device, small beside any dictionary worth training there. */
  readonly scratchBytes: number;
  /** Rows of a block: with the scratch above, a chunk is then at least 4,096 features. */
  readonly blockRows: number;
}

/** Keeps a chunk's first byte at a multiple of 256 for any D, as bindings must. */
const CHUNK_STEP = 128;
/** Looked at by one workgroup of 256; more than that many values make workgroups go round again. */
const FINITE_VALUES = 4096;
const MOST_FINITE_GROUPS = 1024;
/** No act exceeds it: the floor of a feature that may not be chosen. */
const NEVER = 3.4e38;

export type Choice = Pick<EncodeInput, 'hidden_BD' | 'encoder_FD' | 'encoderBias_F' | 'allowed_F'>;

export interface Encoder {
  readonly runner: Runner;
  readonly status: Status;
  readonly options: EncodeOptions;
}

export function encodeTopK(encoder: Encoder, input: EncodeInput): TopActs {
  const { F, K } = checkEncode(input);
  const floors = () => (input.allowed_F ? floorsOf(input.allowed_F, F) : null);
  return tf.tidy(() => ({ ...encodeAbove(encoder, input, K, floors()) }));
}

/** The most acts per row that this device can rank. */
export function mostActs({ runner, options }: Encoder): number {
  return largestK(runner.backend.device.limits.maxComputeWorkgroupStorageSize, options.threads);
}

/** What each feature's act must exceed. */
export function floorsOf(allowed_F: Tensor1D, F: number, threshold: number | Tensor1D = 0): Tensor1D {
  const least_F = typeof threshold === 'number' ? tf.fill([F], threshold) : threshold;
  return tf.where(tf.greater(allowed_F, 0), least_F, tf.fill([F], NEVER)) as Tensor1D;
}

/** The k strongest acts of each row among those above their feature's floor. Call inside tidy. */
export function encodeAbove(encoder: Encoder, input: Choice, k: number, floors_F: Tensor1D | null): TopActs {
  const { runner, status, options } = encoder;
  const [B] = input.hidden_BD.shape;
  if (k > mostActs(encoder)) {
    throw new KernelInputError(
      `k: expected at most ${mostActs(encoder)} acts per row on this device, got ${k}. Lower it (AuxK too), or use another backend.`,
    );
  }
  const [acts, indices] = [runner.create([B, k]), runner.create([B, k], 'int32')];
  const hidden = runner.read(input.hidden_BD);
  const groups = Math.min(MOST_FINITE_GROUPS, Math.ceil(input.hidden_BD.size / FINITE_VALUES));
  runner.run({
    name: 'finite',
    code: FINITE_SHADER,
    buffers: [hidden, status.buffer],
    uniforms: [input.hidden_BD.size, HIDDEN_NOT_FINITE, 256 * groups],
    workgroups: groups,
  });
  const buffers = {
    hidden,
    encoder: runner.read(input.encoder_FD),
    bias: runner.read(input.encoderBias_F),
    floors: floors_F && runner.read(floors_F),
    acts: acts.buffer,
    indices: indices.buffer,
  };
  for (let firstRow = 0; firstRow < B; firstRow += options.blockRows) {
    const rows = Math.min(options.blockRows, B - firstRow);
    encodeBlock(encoder, buffers, input.encoder_FD.shape, { firstRow, rows, k });
  }
  return { acts_BK: acts.tensor as Tensor2D, indices_BK: indices.tensor as Tensor2D };
}

interface EncodeBuffers {
  readonly hidden: GpuBuffer;
  readonly encoder: GpuBuffer;
  readonly bias: GpuBuffer;
  readonly floors: GpuBuffer | null;
  readonly acts: GpuBuffer;
  readonly indices: GpuBuffer;
}

function encodeBlock(
  { runner, status, options }: Encoder,
  buffers: EncodeBuffers,
  [F, D]: [F: number, D: number],
  { firstRow, rows, k }: { firstRow: number; rows: number; k: number },
): void {
  const { tile } = options;
  const fitting = Math.floor(options.scratchBytes / (4 * rows * CHUNK_STEP)) * CHUNK_STEP;
  const chunk = Math.min(F, Math.max(CHUNK_STEP, fitting));
  const scratch = runner.scratch('pre-acts', 4 * rows * chunk);
  const preActs = preActsShader({ tile, aligned: D % 4 === 0, floored: buffers.floors !== null });
  const select = selectShader(k, options.threads);
  for (let firstCol = 0; firstCol < F; firstCol += chunk) {
    const cols = Math.min(chunk, F - firstCol);
    const weights = { buffer: buffers.encoder, offset: 4 * D * firstCol, size: 4 * D * cols };
    runner.run({
      name: 'pre-acts',
      code: preActs,
      buffers: [
        buffers.hidden,
        weights,
        buffers.bias,
        scratch,
        status.buffer,
        ...(buffers.floors ? [buffers.floors] : []),
      ],
      uniforms: [rows, firstRow, cols, firstCol, D],
      workgroups: [Math.ceil(cols / tile), Math.ceil(rows / tile), 1],
    });
    runner.run({
      name: 'select',
      code: select,
      buffers: [scratch, buffers.acts, buffers.indices],
      uniforms: [rows, firstRow, cols, firstCol, k],
      workgroups: rows,
    });
  }
}
