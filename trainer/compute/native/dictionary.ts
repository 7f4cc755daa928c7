/**
 * The fused dictionary operations on the C++ addon. Tensors are those of the native backend: results are filled in place
 * and parameters updated in place, without a copy. What each function computes stands in kernels.ts and dictionary.cc.
 */
import type { Tensor, Tensor1D, Tensor2D, TensorInfo, Variable } from '@tensorflow/tfjs';
import {
  checkDecode,
  checkEncode,
  checkEncodeThreshold,
  checkEncoderGradient,
  checkHierarchical,
  notFinite,
} from '../kernel-inputs.ts';
import type {
  AdamInput,
  EncodeInput,
  EncodeThresholdInput,
  EncoderGradientInput,
  EncoderGradients,
  HierarchicalGradients,
  HierarchicalInput,
  Kernels,
  TopActs,
} from '../kernels.ts';
import { tf } from '../tf.ts';
import { type Addon, loadAddon } from './addon.ts';
import { NativeBackend } from './memory.ts';

type Floats = Float32Array;
type Ints = Int32Array;

/** What dictionary.cc adds to the addon; argument by argument as there. */
interface DictionaryAddon extends Addon {
  encodeTopK(
    hidden_BD: Floats,
    encoder_FD: Floats,
    bias_F: Floats,
    allowed_F: Floats | null,
    acts_BK: Floats,
    indices_BK: Ints,
    ...sizes: Sizes
  ): void;
  /** These two return the number of columns for takeActs to fill. */
  encodeBatchTopK(
    hidden_BD: Floats,
    encoder_FD: Floats,
    bias_F: Floats,
    allowed_F: Floats | null,
    ...sizes: Sizes
  ): number;
  encodeThreshold(
    hidden_BD: Floats,
    encoder_FD: Floats,
    bias_F: Floats,
    allowed_F: Floats | null,
    threshold_F: Floats,
    B: number,
    D: number,
    F: number,
  ): number;
  takeActs(acts_BK: Floats, indices_BK: Ints, B: number, K: number): void;
  decode(
    acts_BK: Floats,
    indices_BK: Ints,
    decoder_FD: Floats,
    bias_D: Floats,
    recon_BD: Floats,
    ...sizes: Sizes
  ): void;
  hierarchical(
    target_BD: Floats,
    acts_BK: Floats,
    indices_BK: Ints,
    decoder_FD: Floats,
    bias_D: Floats,
    budgets: Ints,
    recon_BD: Floats,
    gradActs_BK: Floats,
    gradDecoder_FD: Floats,
    gradBias_D: Floats,
    ...sizes: Sizes
  ): number;
  encoderGradient(
    hidden_BD: Floats,
    acts_BK: Floats,
    indices_BK: Ints,
    gradActs_BK: Floats,
    encoder_FD: Floats,
    gradEncoder_FD: Floats,
    gradBias_F: Floats,
    gradHidden_D: Floats,
    ...sizes: Sizes
  ): void;
}

type Sizes = [B: number, D: number, F: number, K: number];

export function createNativeKernels(loaded: Addon = loadAddon()): Kernels {
  const addon = loaded as DictionaryAddon;
  return {
    name: 'native',
    encodeTopK: (input) => encodeTopK(addon, input),
    encodeBatchTopK: (input) => encodeBatchTopK(addon, input),
    encodeThreshold: (input) => encodeThreshold(addon, input),
    decode: (acts_BK, indices_BK, decoder_FD, bias_D) =>
      decode(addon, acts_BK, indices_BK, decoder_FD, bias_D),
    hierarchical: (input) => hierarchical(addon, input),
    encoderGradient: (input) => encoderGradient(addon, input),
    adam: (input) => adam(addon, input),
    async sumOfSquares(gradient, unitRows) {
      const { rows, cols } = rowsOf(gradient);
      return addon.sumOfSquares(read(gradient), unitRows ? read(unitRows) : null, rows, cols);
    },
    settle: () => Promise.resolve(),
  };
}

function encodeTopK(addon: DictionaryAddon, input: EncodeInput): TopActs {
  const { B, D, F, K } = checkEncode(input);
  const acts = create([B, K]);
  const indices = new Int32Array(B * K);
  try {
    nameNotFinite(() => addon.encodeTopK(...choice(input), acts.values, indices, B, D, F, K));
  } catch (error) {
    acts.tensor.dispose();
    throw error;
  }
  return { acts_BK: acts.tensor as Tensor2D, indices_BK: tf.tensor2d(indices, [B, K], 'int32') };
}

// The two below do their work at once; they are promises because other implementations wait for a device.

 
async function encodeBatchTopK(addon: DictionaryAddon, input: EncodeInput): Promise<TopActs> {
  const { B, D, F, K } = checkEncode(input);
  return takeActs(
    addon,
    B,
    nameNotFinite(() => addon.encodeBatchTopK(...choice(input), B, D, F, K)),
  );
}

 
async function encodeThreshold(addon: DictionaryAddon, input: EncodeThresholdInput): Promise<TopActs> {
  const { B, D, F } = checkEncodeThreshold(input);
  const { threshold } = input;
  const threshold_F = typeof threshold === 'number' ? new Float32Array(F).fill(threshold) : read(threshold);
  return takeActs(
    addon,
    B,
    nameNotFinite(() => addon.encodeThreshold(...choice(input), threshold_F, B, D, F)),
  );
}

function takeActs(addon: DictionaryAddon, B: number, K: number): TopActs {
  const acts = create([B, K]);
  const indices = new Int32Array(B * K);
  addon.takeActs(acts.values, indices, B, K);
  return { acts_BK: acts.tensor as Tensor2D, indices_BK: tf.tensor2d(indices, [B, K], 'int32') };
}

function choice(
  input: EncodeInput | EncodeThresholdInput,
): [hidden_BD: Floats, encoder_FD: Floats, bias_F: Floats, allowed_F: Floats | null] {
  const { hidden_BD, encoder_FD, encoderBias_F, allowed_F } = input;
  return [read(hidden_BD), read(encoder_FD), read(encoderBias_F), allowed_F ? read(allowed_F) : null];
}

/** dictionary.cc names the tensor; the words are the same for every implementation. */
function nameNotFinite<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    const named = /NOT_FINITE (.+)$/.exec((error as Error).message);
    throw named ? notFinite(named[1]) : error;
  }
}

function decode(
  addon: DictionaryAddon,
  acts_BK: Tensor2D,
  indices_BK: Tensor2D,
  decoder_FD: Tensor2D,
  bias_D: Tensor1D,
): Tensor2D {
  const { B, D, F, K } = checkDecode(acts_BK, indices_BK, decoder_FD, bias_D);
  const out = create([B, D]);
  addon.decode(read(acts_BK), readInts(indices_BK), read(decoder_FD), read(bias_D), out.values, B, D, F, K);
  return out.tensor as Tensor2D;
}

function hierarchical(addon: DictionaryAddon, input: HierarchicalInput): HierarchicalGradients {
  const { B, D, F, K } = checkHierarchical(input);
  const [recon, gradActs] = [create([B, D]), create([B, K])];
  const [gradDecoder, gradBias] = [create([F, D]), create([D])];
  const loss = addon.hierarchical(
    read(input.target_BD),
    read(input.acts_BK),
    readInts(input.indices_BK),
    read(input.decoder_FD),
    read(input.decoderBias_D),
    Int32Array.from(input.budgets),
    recon.values,
    gradActs.values,
    gradDecoder.values,
    gradBias.values,
    B,
    D,
    F,
    K,
  );
  return {
    loss: tf.scalar(loss),
    reconstruction_BD: recon.tensor as Tensor2D,
    gradActs_BK: gradActs.tensor as Tensor2D,
    gradDecoder_FD: gradDecoder.tensor as Tensor2D,
    gradDecoderBias_D: gradBias.tensor as Tensor1D,
  };
}

function encoderGradient(addon: DictionaryAddon, input: EncoderGradientInput): EncoderGradients {
  const { B, D, F, K } = checkEncoderGradient(input);
  const [gradEncoder, gradBias, gradHidden] = [create([F, D]), create([F]), create([D])];
  addon.encoderGradient(
    read(input.hidden_BD),
    read(input.acts_BK),
    readInts(input.indices_BK),
    read(input.gradActs_BK),
    read(input.encoder_FD),
    gradEncoder.values,
    gradBias.values,
    gradHidden.values,
    B,
    D,
    F,
    K,
  );
  return {
    gradEncoder_FD: gradEncoder.tensor as Tensor2D,
    gradEncoderBias_F: gradBias.tensor as Tensor1D,
    gradHidden_D: gradHidden.tensor as Tensor1D,
  };
}

function adam(addon: Addon, input: AdamInput): void {
  const { parameter, firstMoment, secondMoment, gradient } = input;
  const { rows, cols } = rowsOf(parameter);
  addon.adam(
    own(parameter),
    read(gradient),
    own(firstMoment),
    own(secondMoment),
    rows,
    cols,
    input.learningRate,
    input.beta1,
    input.beta2,
    input.epsilon,
    input.step,
    input.gradientScale ?? 1,
    input.weightDecay ?? 0,
    input.unitRows ?? false,
  );
}

/** A matrix is its rows; anything else is one row, since only matrices have rows to keep apart. */
function rowsOf(tensor: Tensor): { rows: number; cols: number } {
  if (tensor.rank !== 2) return { rows: 1, cols: tensor.size };
  return { rows: tensor.shape[0], cols: tensor.shape[1] as number };
}

function backend(): NativeBackend {
  const current = tf.backend() as unknown;
  if (current instanceof NativeBackend) return current;
  throw new Error(
    `native kernels: expected the native backend, got ${tf.getBackend()}. Open it with openBackend().`,
  );
}

function read(tensor: Tensor): Float32Array {
  return backend().floats(tensor);
}

function readInts(tensor: Tensor): Int32Array {
  return backend().ints(tensor);
}

/** The variable's own memory, to which it first moves where that is not what it has. */
function own(variable: Variable): Float32Array {
  const values = backend().ownFloats(variable);
  if (values) return values;
  const copy = create(variable.shape);
  copy.values.set(read(variable));
  variable.assign(copy.tensor);
  copy.tensor.dispose();
  return backend().ownFloats(variable) as Float32Array;
}

interface Created {
  readonly tensor: Tensor;
  readonly values: Float32Array;
}

/** With undefined content: a kernel fills it whole. */
function create(shape: number[]): Created {
  const { info, values } = backend().create(shape);
  return { tensor: toTensor(info), values };
}

function toTensor(info: TensorInfo): Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}
