/**
 * The dictionary operations whose reference form is slow on libtensorflow, composed anew of what a GPU is fast at: batched
 * products in place of cumulative sums, one scatter-add per block in place of a dense sum per block. The rest is the
 * reference's. B x F is stored, as everywhere without kernels of our own.
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
import { createReferenceKernels } from '../reference/dictionary.ts';
import { tf } from '../tf.ts';
import { encodeBatchTopK, encodeThreshold } from './encode.ts';

/** Values of one intermediate of a block of rows: 1 GB on a card, whose launches cost; 16 MB near a processor's caches. */
const GPU_BLOCK_VALUES = 2 ** 28;
const CPU_BLOCK_VALUES = 2 ** 22;

/** What @tensorflow/tfjs-node-gpu's backend offers beyond tfjs' own kernels: any operation of libtensorflow, by name. */
interface TensorflowBackend {
  readonly binding: Readonly<Record<'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32', number>>;
  executeSingleOutput(
    operation: string,
    attributes: { name: string; type: number; value: number }[],
    inputs: Tensor[],
  ): Tensor;
}

export function createTensorflowKernels(onGpu: boolean): Kernels {
  const blockValues = onGpu ? GPU_BLOCK_VALUES : CPU_BLOCK_VALUES;
  return {
    ...createReferenceKernels(),
    name: 'tensorflow',
    encodeBatchTopK,
    encodeThreshold,
    decode: (acts_BK, indices_BK, decoder_FD, bias_D) =>
      decode(acts_BK, indices_BK, decoder_FD, bias_D, blockValues),
    hierarchical: (input) => hierarchical(input, blockValues),
    encoderGradient: (input) => encoderGradient(input, blockValues),
  };
}

function decode(
  acts_BK: Tensor2D,
  indices_BK: Tensor2D,
  decoder_FD: Tensor2D,
  bias_D: Tensor1D,
  blockValues: number,
): Tensor2D {
  const { B, K, D } = checkDecode(acts_BK, indices_BK, decoder_FD, bias_D);
  return tf.tidy(() => {
    const blocks = rowBlocks(B, K * D, blockValues).map((block) =>
      rebuild(rowsOf(acts_BK, block), gatherRows(decoder_FD, rowsOf(indices_BK, block)), bias_D),
    );
    return tf.concat(blocks, 0);
  });
}

function hierarchical(input: HierarchicalInput, blockValues: number): HierarchicalGradients {
  const { B, D, F, K } = checkHierarchical(input);
  return tf.tidy(() => {
    const scale = 1 / (input.budgets.length * B * D);
    const within_JK = firstActs(input.budgets, K);
    let gradDecoder_FD: Tensor2D = tf.zeros([F, D]);
    const blocks = rowBlocks(B, K * D, blockValues).map((block) => {
      const part = tf.tidy(() => hierarchicalBlock(input, within_JK, scale, block, gradDecoder_FD));
      gradDecoder_FD.dispose();
      gradDecoder_FD = part.gradDecoder_FD;
      return part;
    });
    return {
      loss: addAll(blocks.map((part) => part.loss)) as Scalar,
      reconstruction_BD: concatRows(blocks.map((part) => part.reconstruction_bD)),
      gradActs_BK: concatRows(blocks.map((part) => part.gradActs_bK)),
      gradDecoder_FD,
      gradDecoderBias_D: addAll(blocks.map((part) => part.gradBias_D)) as Tensor1D,
    };
  });
}

/** A type, not an interface: tidy keeps tensors of plain records alone. */
type Part = {
  loss: Scalar;
  reconstruction_bD: Tensor2D;
  gradActs_bK: Tensor2D;
  gradBias_D: Tensor1D;
  /** Of this block and all before it. */
  gradDecoder_FD: Tensor2D;
};

/** 1 where act k is among the first j of budget j. */
function firstActs(budgets: readonly number[], K: number): Tensor2D {
  const values = budgets.flatMap((budget) => Array.from({ length: K }, (_, k) => (k < budget ? 1 : 0)));
  return tf.tensor2d(values, [budgets.length, K]);
}

/**
 * With M_jk = [k ≤ j] f_k: x̂ = bias + M E, r = 2 scale (x̂ − x), ∂f_k = Σ_j [k ≤ j] e_k·r_j, ∂e_k += Σ_j M_jk r_j,
 * ∂bias = Σ_j r_j. Three batched products of J x K x D.
 */
function hierarchicalBlock(
  input: HierarchicalInput,
  within_JK: Tensor2D,
  scale: number,
  block: Block,
  soFar_FD: Tensor2D,
): Part {
  const [J, K] = within_JK.shape;
  const [, rows] = block;
  const acts_bK = rowsOf(input.acts_BK, block);
  const indices_bK = rowsOf(input.indices_BK, block);
  const picked_bKD = gatherRows(input.decoder_FD, indices_bK);
  const acts_bJK = tf.mul(within_JK.reshape([1, J, K]), acts_bK.reshape([rows, 1, K])) as Tensor3D;
  const rebuilt_bJD = tf.add(tf.matMul(acts_bJK, picked_bKD), input.decoderBias_D);
  const error_bJD = tf.sub(rebuilt_bJD, rowsOf(input.target_BD, block).expandDims(1));
  const slope_bJD = tf.mul(error_bJD, 2 * scale) as Tensor3D;
  const slopes_bJK = tf.matMul(slope_bJD, picked_bKD, false, true);
  const rows_bKD = tf.matMul(acts_bJK, slope_bJD, true) as Tensor3D;
  return {
    loss: tf.mul(tf.sum(tf.square(error_bJD)), scale) as Scalar,
    reconstruction_bD: rebuild(acts_bK, picked_bKD, input.decoderBias_D),
    gradActs_bK: tf.sum(tf.mul(slopes_bJK, within_JK.reshape([1, J, K])), 1) as Tensor2D,
    gradBias_D: tf.sum(slope_bJD, [0, 1]) as Tensor1D,
    gradDecoder_FD: scatterAdd(soFar_FD, indices_bK, rows_bKD),
  };
}

function encoderGradient(input: EncoderGradientInput, blockValues: number): EncoderGradients {
  const { B, D, F, K } = checkEncoderGradient(input);
  return tf.tidy(() => {
    const gradPre_BK = tf.mul(
      input.gradActs_BK,
      tf.cast(tf.greater(input.acts_BK, 0), 'float32'),
    ) as Tensor2D;
    let gradEncoder_FD: Tensor2D = tf.zeros([F, D]);
    for (const block of rowBlocks(B, K * D, blockValues)) {
      const sum_FD = tf.tidy(() => {
        const gradPre_bK1 = rowsOf(gradPre_BK, block).expandDims(2);
        const rows_bKD = tf.mul(gradPre_bK1, rowsOf(input.hidden_BD, block).expandDims(1)) as Tensor3D;
        return scatterAdd(gradEncoder_FD, rowsOf(input.indices_BK, block), rows_bKD);
      });
      gradEncoder_FD.dispose();
      gradEncoder_FD = sum_FD;
    }
    const bias_F1 = scatterAdd(tf.zeros([F, 1]), input.indices_BK, gradPre_BK.expandDims(2) as Tensor3D);
    return {
      gradEncoder_FD,
      gradEncoderBias_F: bias_F1.reshape([F]) as Tensor1D,
      gradHidden_D: tf.matMul(bias_F1, input.encoder_FD, true).reshape([D]) as Tensor1D,
    };
  });
}

/** acts E + bias, as B products of 1 x K x D. */
function rebuild(acts_bK: Tensor2D, picked_bKD: Tensor3D, bias_D: Tensor1D): Tensor2D {
  const [rows, K, D] = picked_bKD.shape;
  return tf.add(tf.matMul(acts_bK.reshape([rows, 1, K]), picked_bKD).reshape([rows, D]), bias_D);
}

type Block = readonly [start: number, rows: number];

function rowBlocks(rowTotal: number, valuesPerRow: number, blockValues: number): Block[] {
  const step = Math.max(1, Math.floor(blockValues / valuesPerRow));
  const total = Math.ceil(rowTotal / step);
  return Array.from({ length: total }, (_, i) => [i * step, Math.min(step, rowTotal - i * step)]);
}

/** The tensor itself when the block is all of it: slicing int32 on a card goes through the processor. */
function rowsOf(tensor: Tensor2D, [start, rows]: Block): Tensor2D {
  return rows === tensor.shape[0] ? tensor : tf.slice(tensor, [start, 0], [rows, tensor.shape[1]]);
}

function gatherRows(matrix_FD: Tensor2D, indices_bK: Tensor2D): Tensor3D {
  return tf.gather(matrix_FD as Tensor, indices_bK) as Tensor3D;
}

/** sum_FD plus the rows named by the indices; repeats add up. On a card in no fixed order. */
function scatterAdd(sum_FD: Tensor2D, indices_bK: Tensor2D, rows_bKD: Tensor3D): Tensor2D {
  const [rows, K, D] = rows_bKD.shape;
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding;
  const attributes = [
    { name: 'T', type, value: TF_FLOAT },
    { name: 'Tindices', type, value: TF_INT32 },
  ];
  const inputs = [sum_FD, indices_bK.reshape([rows * K, 1]), rows_bKD.reshape([rows * K, D])];
  return backend.executeSingleOutput('TensorScatterAdd', attributes, inputs) as Tensor2D;
}

function concatRows(parts: readonly Tensor2D[]): Tensor2D {
  return parts.length === 1 ? parts[0] : tf.concat([...parts], 0);
}

function addAll(tensors: readonly Tensor[]): Tensor {
  return tensors.length === 1 ? tensors[0] : tf.addN([...tensors]);
}
