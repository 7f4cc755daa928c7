/**
 * The fused dictionary operations in plain TensorFlow.js ops: they run on any backend and are meant to be read. Slow on
 * purpose where being fast would hide the equation; rows go through in blocks so that B x K x D never exists at once.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { checkDecode, checkEncoderGradient, checkHierarchical } from '../kernel-inputs.ts';
import type {
  EncoderGradientInput,
  EncoderGradients,
  HierarchicalGradients,
  HierarchicalInput,
  Kernels,
} from '../kernels.ts';
import { tf } from '../tf.ts';
import { adam, sumOfSquares } from './adam.ts';
import { encodeBatchTopK, encodeThreshold, encodeTopK } from './encode.ts';

const BLOCK_VALUES = 4_000_000; // 16 MB per intermediate of a block of rows

export function createReferenceKernels(): Kernels {
  return {
    name: 'reference',
    encodeTopK,
    encodeBatchTopK,
    encodeThreshold,
    decode,
    hierarchical,
    encoderGradient,
    adam,
    sumOfSquares,
    settle: () => Promise.resolve(),
  };
}

function decode(acts_BK: Tensor2D, indices_BK: Tensor2D, decoder_FD: Tensor2D, bias_D: Tensor1D): Tensor2D {
  const { B, K, D } = checkDecode(acts_BK, indices_BK, decoder_FD, bias_D);
  return tf.tidy(() => {
    const blocks = rowBlocks(B, K * D).map(([start, rows]) => {
      const acts_bK1 = tf.slice(acts_BK, [start, 0], [rows, K]).expandDims(2);
      const picked_bKD = gatherRows(decoder_FD, tf.slice(indices_BK, [start, 0], [rows, K]));
      return tf.add(tf.sum(tf.mul(acts_bK1, picked_bKD), 1), bias_D) as Tensor2D;
    });
    return tf.concat(blocks, 0);
  });
}

function hierarchical(input: HierarchicalInput): HierarchicalGradients {
  const { B, D, F, K } = checkHierarchical(input);
  return tf.tidy(() => {
    const inBudgets_K = tf.tensor1d(
      Array.from({ length: K }, (_, i) => (input.budgets.includes(i + 1) ? 1 : 0)),
    );
    const scale = 1 / (input.budgets.length * B * D);
    const blocks = rowBlocks(B, K * D).map(([start, rows]) =>
      hierarchicalBlock(input, inBudgets_K, scale, start, rows),
    );
    return {
      loss: addAll(blocks.map((block) => block.loss)) as Scalar,
      reconstruction_BD: tf.concat(
        blocks.map((block) => block.reconstruction_BD),
        0,
      ),
      gradActs_BK: tf.concat(
        blocks.map((block) => block.gradActs_BK),
        0,
      ),
      gradDecoder_FD: addAll(blocks.map((block) => block.gradDecoder_FD)).reshape([F, D]) as Tensor2D,
      gradDecoderBias_D: addAll(blocks.map((block) => block.gradDecoderBias_D)) as Tensor1D,
    };
  });
}

/** x̂_j = bias + Σ_{i≤j} f_i e_i; r_j = 2 (x̂_j − x) scale for j in J; S_i = Σ_{j≥i} r_j; ∂f_i = e_i·S_i; ∂e_i += f_i S_i; ∂bias = S_1. */
function hierarchicalBlock(
  input: HierarchicalInput,
  inBudgets_K: Tensor1D,
  scale: number,
  start: number,
  rows: number,
): HierarchicalGradients {
  const [F, D] = input.decoder_FD.shape;
  const K = inBudgets_K.size;
  const target_b1D = tf.slice(input.target_BD, [start, 0], [rows, D]).expandDims(1);
  const indices_bK = tf.slice(input.indices_BK, [start, 0], [rows, K]);
  const acts_bK1 = tf.slice(input.acts_BK, [start, 0], [rows, K]).expandDims(2);
  const picked_bKD = gatherRows(input.decoder_FD, indices_bK);
  const recon_bKD = tf.add(tf.cumsum(tf.mul(acts_bK1, picked_bKD), 1), input.decoderBias_D) as Tensor3D;
  const error_bKD = tf.mul(tf.sub(recon_bKD, target_b1D), inBudgets_K.reshape([1, K, 1]));
  const suffix_bKD = tf.cumsum(tf.mul(error_bKD, 2 * scale), 1, false, true);
  return {
    loss: tf.mul(tf.sum(tf.square(error_bKD)), scale) as Scalar,
    reconstruction_BD: tf.slice(recon_bKD, [0, K - 1, 0], [rows, 1, D]).reshape([rows, D]) as Tensor2D,
    gradActs_BK: tf.sum(tf.mul(picked_bKD, suffix_bKD), 2) as Tensor2D,
    gradDecoder_FD: scatterRows(indices_bK as Tensor2D, tf.mul(acts_bK1, suffix_bKD) as Tensor3D, F),
    gradDecoderBias_D: tf.sum(tf.slice(suffix_bKD, [0, 0, 0], [rows, 1, D]), [0, 1]) as Tensor1D,
  };
}

function encoderGradient(input: EncoderGradientInput): EncoderGradients {
  const { B, D, F, K } = checkEncoderGradient(input);
  return tf.tidy(() => {
    const gradPre_BK = tf.mul(
      input.gradActs_BK,
      tf.cast(tf.greater(input.acts_BK, 0), 'float32'),
    ) as Tensor2D;
    const blocks = rowBlocks(B, K * D).map(([start, rows]) => {
      const gradPre_bK1 = tf.slice(gradPre_BK, [start, 0], [rows, K]).expandDims(2);
      const hidden_b1D = tf.slice(input.hidden_BD, [start, 0], [rows, D]).expandDims(1);
      const indices_bK = tf.slice(input.indices_BK, [start, 0], [rows, K]) as Tensor2D;
      return scatterRows(indices_bK, tf.mul(gradPre_bK1, hidden_b1D) as Tensor3D, F);
    });
    const gradEncoderBias_F = scatterRows(input.indices_BK, gradPre_BK.expandDims(2) as Tensor3D, F).reshape([
      F,
    ]);
    return {
      gradEncoder_FD: addAll(blocks) as Tensor2D,
      gradEncoderBias_F: gradEncoderBias_F as Tensor1D,
      // Every row's gradient is Σ_k g_k w_k; summed over rows each w_f is met with its own bias's gradient.
      gradHidden_D: tf.matMul(gradEncoderBias_F.reshape([1, F]), input.encoder_FD).reshape([D]) as Tensor1D,
    };
  });
}

function rowBlocks(rowTotal: number, valuesPerRow: number): [start: number, rows: number][] {
  const step = Math.max(1, Math.floor(BLOCK_VALUES / valuesPerRow));
  const blocks: [number, number][] = [];
  for (let start = 0; start < rowTotal; start += step) {
    blocks.push([start, Math.min(step, rowTotal - start)]);
  }
  return blocks;
}

function gatherRows(matrix_FD: Tensor2D, indices_bK: Tensor): Tensor3D {
  const [rows, K] = indices_bK.shape as [number, number];
  return tf.gather(matrix_FD, indices_bK.reshape([rows * K])).reshape([rows, K, matrix_FD.shape[1]]);
}

/** Sums rows_bKD into the F rows named by the indices; repeats add up. */
function scatterRows(indices_bK: Tensor2D, rows_bKD: Tensor3D, F: number): Tensor2D {
  const [rows, K, D] = rows_bKD.shape;
  return tf.scatterND(indices_bK.reshape([rows * K, 1]), rows_bKD.reshape([rows * K, D]), [F, D]) as Tensor2D;
}

function addAll(tensors: readonly Tensor[]): Tensor {
  return tensors.length === 1 ? tensors[0] : tf.addN([...tensors]);
}
