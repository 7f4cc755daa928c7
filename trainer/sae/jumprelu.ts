/**
 * JumpReLU: an act is z 1[z > θ] with a threshold θ of its own for every feature, trained through a straight-through
 * estimator of width ε (Rajamanoharan et al. 2024, 2407.14435). Fewer acts are asked for by the step L0, plain or aimed at
 * a target, or by Anthropic's tanh (Jan 2025 update) with its pre-act loss for dead features. Equations: sae-peers §5.13.
 * Only acts near or above their threshold are stored; rows go through in blocks, so that a dense start fits in memory.
 * The window of the estimator holds positive pre-acts alone: with θ < ε/2 it is cut at 0.
 */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { EncoderGradients, HierarchicalGradients, Kernels, TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { FitKindSpec } from './fit-kind.ts';
import { type Pass, type PassInput, encoderPart, scaleGradients } from './pass.ts';
import { preActLoss } from './pre-act-loss.ts';
import {
  coefficientAt,
  sparsityDefaults,
  sparsityOf,
  stepLoss,
  TANH_SCALE,
  tanhGradient,
} from './sparsity.ts';

/** Acts of a block of rows, padding included: 16 MiB of float32 per intermediate. */
const BLOCK_ACTS = 2 ** 22;

export const jumpRelu: FitKindSpec = {
  defaults: (settings, loss) => ({ sparsity: sparsityDefaults(settings, loss) }),
  check({ sparsity, decoderRows }) {
    if (!sparsity || !(sparsity.bandwidth > 0) || !(sparsity.coefficient >= 0)) {
      throw new RangeError(
        `sparsity: expected a bandwidth above 0 and a coefficient of at least 0, got ${JSON.stringify(sparsity)}.`,
      );
    }
    if (sparsity.loss !== 'tanh' || decoderRows !== 'free') return;
    throw new RangeError(
      `decoderRows: expected unit rows for the tanh loss, got free. It pays by act times norm.`,
    );
  },
  budgetsOf: ({ k }) => [k],
  trainsThreshold: true,
  pass: (input) => passJumpRelu(input),
  selectionOf: ({ width }, _, threshold_F) => ({
    by: 'threshold',
    threshold_F: threshold_F ?? new Float32Array(width),
  }),
  isCalibrated: false,
};

export async function passJumpRelu(input: PassInput, blockActs = BLOCK_ACTS): Promise<Pass> {
  const { bandwidth } = sparsityOf(input.settings);
  const threshold_F = input.weights.threshold_F as Tensor1D;
  const lowest_F = tf.tidy(() => tf.relu(tf.sub(threshold_F, bandwidth / 2)) as Tensor1D);
  const kept: TopActs[] = [];
  const rebuilt: Tensor2D[] = [];
  let total: Sums | null = null;
  const search = { input, lowest_F, blockActs };
  for await (const { block, near } of findNear(search, 0, input.read_BD.shape[0])) {
    const part = passPart(input, block, near);
    kept.push(part.kept);
    rebuilt.push(part.reconstruction_BD);
    total = total === null ? part.sums : addSums(total, part.sums);
    tf.dispose([...Object.values(near), ...Object.values(block)]);
  }
  const sums = total as unknown as Sums;
  const pass = joinParts(input, kept, rebuilt, sums);
  tf.dispose([lowest_F, ...rebuilt, ...Object.values(sums)]);
  return pass;
}

interface Block {
  readonly read_BD: Tensor2D;
  readonly target_BD: Tensor2D;
}

interface Search {
  readonly input: PassInput;
  /** An act must exceed it to be above its threshold or in the window below. */
  readonly lowest_F: Tensor1D;
  readonly blockActs: number;
}

/** Blocks of rows with the acts near or above their thresholds; halved until they are small enough to work on. */
async function* findNear(
  search: Search,
  start: number,
  rows: number,
): AsyncGenerator<{ block: Block; near: TopActs }> {
  const { kernels, weights, read_BD, target_BD } = search.input;
  const D = read_BD.shape[1];
  const block = {
    read_BD: tf.slice(read_BD, [start, 0], [rows, D]),
    target_BD: tf.slice(target_BD, [start, 0], [rows, D]),
  };
  const near = await kernels.encodeThreshold({
    hidden_BD: block.read_BD,
    encoder_FD: weights.encoder_FD,
    encoderBias_F: weights.encoderBias_F,
    threshold: search.lowest_F,
  });
  if (rows === 1 || near.acts_BK.size <= search.blockActs) {
    yield { block, near };
    return;
  }
  tf.dispose([...Object.values(near), ...Object.values(block)]);
  const half = Math.floor(rows / 2);
  yield* findNear(search, start, half);
  yield* findNear(search, start + half, rows - half);
}

/** What one block of rows gives. */
interface Part {
  readonly kept: TopActs;
  readonly reconstruction_BD: Tensor2D;
  readonly sums: Sums;
}

/** What adds up over blocks. */
interface Sums {
  readonly loss: Scalar;
  /** Acts above their threshold. */
  readonly count: Scalar;
  /** Σ tanh(4 act) over them. */
  readonly tanh: Scalar;
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
  readonly read_D: Tensor1D;
  /** Through the acts. */
  readonly threshold_F: Tensor1D;
  /** How many pre-acts lie in the window of their feature. */
  readonly window_F: Tensor1D;
}

/** At once, and both freed: gradients of all blocks side by side would not fit. */
function addSums(left: Sums, right: Sums): Sums {
  const entries = (Object.keys(left) as (keyof Sums)[]).map((name) => {
    const sum = tf.add(left[name], right[name]);
    tf.dispose([left[name], right[name]]);
    return [name, sum] as const;
  });
  return Object.fromEntries(entries) as unknown as Sums;
}

function passPart(input: PassInput, block: Block, near: TopActs): Part {
  const { kernels, weights } = input;
  const threshold_F = weights.threshold_F as Tensor1D;
  const sparsity = sparsityOf(input.settings);
  const [B, D] = input.read_BD.shape;
  const rows = block.read_BD.shape[0];
  return tf.tidy(() => {
    const threshold_BK = tf.gather(threshold_F, near.indices_BK.flatten()).reshape(near.acts_BK.shape);
    const isAbove_BK = tf.cast(tf.greater(near.acts_BK, threshold_BK), 'float32');
    const inWindow_BK = inWindow(near.acts_BK, threshold_BK as Tensor2D, sparsity.bandwidth);
    const acts_BK = tf.mul(near.acts_BK, isAbove_BK) as Tensor2D;
    const kept = { acts_BK, indices_BK: near.indices_BK.clone() };
    const main = decodePart(input, block, kept, rows / B);
    const tanh_BK = tf.tanh(tf.mul(acts_BK, TANH_SCALE));
    const gradActs_BK =
      sparsity.loss === 'tanh'
        ? (tf.add(
            main.gradActs_BK,
            tanhGradient(tanh_BK as Tensor2D, coefficientAt(input) / (B * D)),
          ) as Tensor2D)
        : main.gradActs_BK;
    const back = kernels.encoderGradient({
      ...kept,
      hidden_BD: block.read_BD,
      gradActs_BK,
      encoder_FD: weights.encoder_FD,
    });
    // ∂act/∂θ = -(θ/ε) K((z - θ)/ε)
    const slope_BK = tf.mul(tf.mul(gradActs_BK, inWindow_BK), tf.div(threshold_BK, -sparsity.bandwidth));
    const sums = {
      loss: main.loss,
      count: tf.sum(isAbove_BK),
      tanh: tf.sum(tanh_BK),
      ...encoderPart(back),
      decoder_FD: main.gradDecoder_FD,
      decoderBias_D: main.gradDecoderBias_D,
      threshold_F: sumPerFeature(kernels, near, slope_BK as Tensor2D, threshold_F.size),
      window_F: sumPerFeature(kernels, near, inWindow_BK, threshold_F.size),
    };
    return { kept, reconstruction_BD: main.reconstruction_BD, sums };
  }) as unknown as Part;
}

/** K((z - θ)/ε): 1 strictly inside ±ε/2, for positive pre-acts (padding is 0). */
function inWindow(acts_BK: Tensor2D, threshold_BK: Tensor2D, bandwidth: number): Tensor2D {
  const isNear_BK = tf.less(tf.abs(tf.sub(acts_BK, threshold_BK)), bandwidth / 2);
  return tf.cast(tf.logicalAnd(isNear_BK, tf.greater(acts_BK, 0)), 'float32');
}

/** Means over a block become means over the batch: `share` is the block's part of its rows. */
function decodePart(input: PassInput, block: Block, kept: TopActs, share: number): HierarchicalGradients {
  const { kernels, weights, lossFactor } = input;
  const raw = kernels.hierarchical({
    ...kept,
    target_BD: block.target_BD,
    decoder_FD: weights.decoder_FD,
    decoderBias_D: weights.decoderBias_D,
    budgets: [kept.acts_BK.shape[1]],
  });
  return scaleGradients(raw, lossFactor ? tf.mul(lossFactor, share) : share);
}

/** Adds up values by the feature they belong to; padding has act 0 and is left out, as encoderGradient does. */
function sumPerFeature(kernels: Kernels, near: TopActs, values_BK: Tensor2D, F: number): Tensor1D {
  const [B] = values_BK.shape;
  const back: EncoderGradients = kernels.encoderGradient({
    ...near,
    hidden_BD: tf.zeros([B, 1]),
    gradActs_BK: values_BK,
    encoder_FD: tf.zeros([F, 1]),
  });
  return back.gradEncoderBias_F;
}

function joinParts(
  input: PassInput,
  kept: readonly TopActs[],
  rebuilt: readonly Tensor2D[],
  sums: Sums,
): Pass {
  const [B, D] = input.read_BD.shape;
  const sparsity = sparsityOf(input.settings);
  const coefficient = coefficientAt(input);
  return tf.tidy(() => {
    const { loss, count, tanh, window_F, threshold_F: through_F, ...others } = sums;
    const pay =
      sparsity.loss === 'tanh' ? undefined : stepLoss(tf.div(count, B) as Scalar, sparsity, coefficient);
    // ∂1[z > θ]/∂θ = -K((z - θ)/ε)/ε, averaged over rows
    const stepSlope_F = pay && tf.mul(window_F, tf.div(pay.slope, -B * sparsity.bandwidth));
    const gradients = { ...others, threshold_F: stepSlope_F ? tf.add(through_F, stepSlope_F) : through_F };
    const pass: Pass = {
      kept,
      loss: loss.clone(),
      sparsityLoss: pay?.loss ?? tf.mul(tanh, coefficient / (B * D)),
      reconstruction_BD: tf.concat([...rebuilt]) as Tensor2D,
      // Clones share memory, and outlive the sums.
      gradients: Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [name, gradient.clone()]),
      ) as unknown as Pass['gradients'],
    };
    return addForDead(input, pass) as never;
  }) as unknown as Pass;
}

/** AuxK, and the pre-act loss of the tanh variant. */
function addForDead(input: PassInput, pass: Pass): Pass {
  const { kernels, weights, read_BD } = input;
  let { gradients } = pass;
  const extra = input.extra(pass.reconstruction_BD);
  if (extra) {
    const back = kernels.encoderGradient({
      ...extra.top,
      hidden_BD: read_BD,
      gradActs_BK: extra.gradActs_BK,
      encoder_FD: weights.encoder_FD,
    });
    gradients = addGradients(gradients, { ...encoderPart(back), decoder_FD: extra.gradDecoder_FD });
  }
  const { loss, preActCoefficient } = sparsityOf(input.settings);
  if (loss !== 'tanh' || preActCoefficient === 0 || !input.dead_F) {
    return { ...pass, gradients, auxLoss: extra?.loss };
  }
  const called = preActLoss(input, preActCoefficient / read_BD.shape[1]);
  return {
    ...pass,
    gradients: addGradients(gradients, called.gradients),
    auxLoss: extra?.loss,
    sparsityLoss: tf.add(pass.sparsityLoss as Scalar, called.loss),
  };
}

function addGradients(left: Pass['gradients'], right: Partial<Pass['gradients']>): Pass['gradients'] {
  const entries = Object.entries(left).map(([name, value]) => {
    const more = right[name as keyof typeof right];
    return [name, more ? tf.add(value, more) : value] as const;
  });
  return Object.fromEntries(entries) as unknown as Pass['gradients'];
}
