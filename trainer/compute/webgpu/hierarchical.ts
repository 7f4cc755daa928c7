/** Decoding, the hierarchical loss and its gradients, and the encoder's gradient, on the device. */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { checkDecode, checkEncoderGradient, checkHierarchical } from '../kernel-inputs.ts';
import type {
  EncoderGradientInput,
  EncoderGradients,
  HierarchicalGradients,
  HierarchicalInput,
} from '../kernels.ts';
import { tf } from '../tf.ts';
import type { FeatureLists, ListBuilder } from './feature-lists.ts';
import type { GpuBuffer } from './gpu-types.ts';
import type { Runner } from './runner.ts';
import type { Status } from './status.ts';
import { sumColumns } from './sums.ts';
import { DECODER_GATHER, ENCODER_GATHER, gatherShader, sliceOf } from './wgsl/gather.ts';
import { backwardShader, decodeShader } from './wgsl/rows.ts';

export interface GradientRooms {
  readonly runner: Runner;
  readonly status: Status;
  readonly lists: ListBuilder;
  /** For the residual sums of a block of rows, |J| x D values each. */
  readonly scratchBytes: number;
  /** The device sums over a subgroup in one instruction. */
  readonly subgroups: boolean;
}

export function decode(
  { runner, status }: GradientRooms,
  acts_BK: Tensor2D,
  indices_BK: Tensor2D,
  decoder_FD: Tensor2D,
  decoderBias_D: Tensor1D,
): Tensor2D {
  const { B, D, F, K } = checkDecode(acts_BK, indices_BK, decoder_FD, decoderBias_D);
  const recon = runner.create([B, D]);
  runner.run({
    name: 'decode',
    code: decodeShader(D),
    buffers: [
      ...[acts_BK, indices_BK, decoder_FD, decoderBias_D].map((tensor) => runner.read(tensor)),
      recon.buffer,
      status.buffer,
    ],
    uniforms: [B, D, K, F],
    workgroups: B,
  });
  return recon.tensor as Tensor2D;
}

export function hierarchical(rooms: GradientRooms, input: HierarchicalInput): HierarchicalGradients {
  const { B, D, F, K } = checkHierarchical(input);
  const { runner } = rooms;
  const { acts_BK, indices_BK, decoder_FD, budgets } = input;
  const recon_BD = decode(rooms, acts_BK, indices_BK, decoder_FD, input.decoderBias_D);
  const [loss, gradActs, gradDecoder, gradBias] = [[], [B, K], [F, D], [D]].map((shape) =>
    runner.create(shape),
  );
  const segments_K = tf.tensor1d(segmentsOf(budgets, K), 'int32');
  const pass: Pass = {
    input,
    sizes: { B, D, F, K },
    target: runner.read(input.target_BD),
    recon: runner.read(recon_BD),
    segments: runner.read(segments_K),
    lists: rooms.lists.open(acts_BK, indices_BK, F),
    out: {
      loss: loss.buffer,
      gradActs: gradActs.buffer,
      gradDecoder: gradDecoder.buffer,
      gradBias: gradBias.buffer,
    },
  };
  const rowBytes = 4 * (budgets.length * D + 1);
  const step = Math.max(1, Math.floor(rooms.scratchBytes / rowBytes));
  for (let firstRow = 0; firstRow < B; firstRow += step) {
    hierarchicalBlock(rooms, pass, firstRow, Math.min(step, B - firstRow));
  }
  segments_K.dispose();
  return {
    loss: loss.tensor as Scalar,
    reconstruction_BD: recon_BD,
    gradActs_BK: gradActs.tensor as Tensor2D,
    gradDecoder_FD: gradDecoder.tensor as Tensor2D,
    gradDecoderBias_D: gradBias.tensor as Tensor1D,
  };
}

interface Pass {
  readonly input: HierarchicalInput;
  readonly sizes: { readonly B: number; readonly D: number; readonly F: number; readonly K: number };
  readonly target: GpuBuffer;
  readonly recon: GpuBuffer;
  readonly segments: GpuBuffer;
  readonly lists: FeatureLists;
  readonly out: Readonly<Record<'loss' | 'gradActs' | 'gradDecoder' | 'gradBias', GpuBuffer>>;
}

function hierarchicalBlock(
  { runner, subgroups }: GradientRooms,
  pass: Pass,
  firstRow: number,
  rows: number,
): void {
  const { input, sizes, out, lists, segments } = pass;
  const { B, D, F, K } = sizes;
  const J = input.budgets.length;
  const stride = J * D + 1;
  const suffixes = runner.scratch('suffixes', 4 * rows * stride);
  const acts = runner.read(input.acts_BK);
  runner.run({
    name: 'backward',
    code: backwardShader({ width: D, subgroups }),
    buffers: [
      pass.target,
      pass.recon,
      acts,
      runner.read(input.indices_BK),
      runner.read(input.decoder_FD),
      segments,
      suffixes,
      out.gradActs,
    ],
    uniforms: [rows, firstRow, D, K, F, J, { float: 1 / (J * B * D) }],
    workgroups: rows,
  });
  runner.run({
    name: 'decoder-gradient',
    code: gatherShader(D, DECODER_GATHER),
    buffers: [lists.heads, lists.lists, acts, suffixes, out.gradDecoder, segments],
    uniforms: [F, D, K, firstRow, rows, J],
    workgroups: runner.spread(F, Math.ceil(D / sliceOf(D))),
  });
  const block = { values: suffixes, rows, stride };
  // S_1 lies first in a row, its loss last.
  sumColumns(runner, { ...block, cols: D }, out.gradBias, firstRow > 0);
  sumColumns(runner, { ...block, cols: 1, offset: J * D }, out.loss, firstRow > 0);
}

/** Per rank, twice how many budgets lie below it, plus 1 where it completes a budget itself. */
function segmentsOf(budgets: readonly number[], K: number): Int32Array {
  return Int32Array.from({ length: K }, (_, i) => {
    const below = budgets.filter((budget) => budget <= i).length;
    return 2 * below + (budgets.includes(i + 1) ? 1 : 0);
  });
}

export function encoderGradient(rooms: GradientRooms, input: EncoderGradientInput): EncoderGradients {
  const { B, D, F, K } = checkEncoderGradient(input);
  const { runner } = rooms;
  const [gradEncoder, gradBias, gradHidden] = [[F, D], [F], [D]].map((shape) => runner.create(shape));
  const { heads, lists } = rooms.lists.open(input.acts_BK, input.indices_BK, F);
  runner.run({
    name: 'encoder-gradient',
    code: gatherShader(D, ENCODER_GATHER),
    buffers: [
      heads,
      lists,
      runner.read(input.gradActs_BK),
      runner.read(input.hidden_BD),
      gradEncoder.buffer,
      runner.read(input.acts_BK),
      gradBias.buffer,
    ],
    uniforms: [F, D, K, 0, B, 1],
    workgroups: runner.spread(F, Math.ceil(D / sliceOf(D))),
  });
  // Every row's gradient is Σ_k g_k w_k; summed over rows each w_f is met with its own bias's gradient.
  const weights = { values: runner.read(input.encoder_FD), rows: F, cols: D, weights: gradBias.buffer };
  sumColumns(runner, weights, gradHidden.buffer);
  return {
    gradEncoder_FD: gradEncoder.tensor as Tensor2D,
    gradEncoderBias_F: gradBias.tensor as Tensor1D,
    gradHidden_D: gradHidden.tensor as Tensor1D,
  };
}
