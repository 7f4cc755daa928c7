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
import type { FitSettings, SparsitySettings } from './settings.ts';

/** Acts of a block of rows if every feature fired: 16 MiB of float32 per intermediate. */
const BLOCK_ACTS = 2 ** 22;

export const jumpRelu: FitKindSpec = {
  defaults: (settings, loss) => ({ sparsity: sparsityDefaults(settings, loss) }),
  check({ sparsity }) {
    if (sparsity && sparsity.bandwidth > 0 && sparsity.coefficient >= 0) return;
    throw new RangeError(
      `sparsity: expected a bandwidth above 0 and a coefficient of at least 0, got ${JSON.stringify(sparsity)}.`,
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

/** In scaled units, where a centred row has norm √D: published widths for rows of norm 1 are times √D. */
export function sparsityDefaults(
  { hiddenWidth, k, stepTotal }: FitSettings,
  loss: SparsitySettings['loss'] = 'step-l0',
): SparsitySettings {
  const shared = { bandwidth: 0.02 * Math.sqrt(hiddenWidth) };
  if (loss === 'step-l0') {
    const warmupSteps = Math.round(stepTotal / 10);
    return { ...shared, loss, coefficient: 1, warmupSteps, targetL0: k, preActCoefficient: 0 };
  }
  // Anthropic's: the coefficient grows over the whole fit.
  return { ...shared, loss, coefficient: 2, warmupSteps: stepTotal, targetL0: null, preActCoefficient: 3e-6 };
}

export async function passJumpRelu(input: PassInput, blockActs = BLOCK_ACTS): Promise<Pass> {
  const { kernels, weights, read_BD } = input;
  const [B] = read_BD.shape;
  const [F] = weights.encoder_FD.shape;
  const { bandwidth } = sparsityOf(input.settings);
  const threshold_F = weights.threshold_F as Tensor1D;
  const lowest_F = tf.tidy(() => tf.relu(tf.sub(threshold_F, bandwidth / 2)) as Tensor1D);
  const rows = Math.max(1, Math.floor(blockActs / F));
  const parts: Part[] = [];
  for (let start = 0; start < B; start += rows) {
    const block = sliceRows(input, start, Math.min(rows, B - start));
    const near = await kernels.encodeThreshold({
      hidden_BD: block.read_BD,
      encoder_FD: weights.encoder_FD,
      encoderBias_F: weights.encoderBias_F,
      threshold: lowest_F,
    });
    parts.push(passPart(input, block, near));
    tf.dispose([...Object.values(near), ...Object.values(block)]);
  }
  const pass = joinParts(input, parts);
  for (const { kept, ...summed } of parts) {
    void kept;
    tf.dispose(Object.values(summed));
  }
  lowest_F.dispose();
  return pass;
}

interface Block {
  readonly read_BD: Tensor2D;
  readonly target_BD: Tensor2D;
}

/** What one block of rows gives: everything but `kept` and the rows adds up. */
interface Part {
  readonly kept: TopActs;
  readonly reconstruction_BD: Tensor2D;
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

function sliceRows({ read_BD, target_BD }: PassInput, start: number, rows: number): Block {
  const D = read_BD.shape[1];
  const [read, target] = [read_BD, target_BD].map((all) => tf.slice(all, [start, 0], [rows, D]));
  return { read_BD: read, target_BD: target };
}

const TANH_SCALE = 4; // Anthropic's c

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
    return {
      kept,
      reconstruction_BD: main.reconstruction_BD,
      loss: main.loss,
      count: tf.sum(isAbove_BK),
      tanh: tf.sum(tanh_BK),
      ...encoderPart(back),
      decoder_FD: main.gradDecoder_FD,
      decoderBias_D: main.gradDecoderBias_D,
      threshold_F: sumPerFeature(kernels, near, slope_BK as Tensor2D, threshold_F.size),
      window_F: sumPerFeature(kernels, near, inWindow_BK, threshold_F.size),
    };
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

/** d/da coefficient · tanh(4 a), for rows of decoder norm 1. */
function tanhGradient(tanh_BK: Tensor2D, coefficient: number): Tensor2D {
  return tf.mul(tf.sub(1, tf.square(tanh_BK)), TANH_SCALE * coefficient);
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

function joinParts(input: PassInput, parts: readonly Part[]): Pass {
  const [B, D] = input.read_BD.shape;
  const sparsity = sparsityOf(input.settings);
  const coefficient = coefficientAt(input);
  return tf.tidy(() => {
    const total = <Name extends Exclude<keyof Part, 'kept' | 'reconstruction_BD'>>(name: Name): Part[Name] =>
      (parts.length === 1 ? parts[0][name].clone() : tf.addN(parts.map((part) => part[name]))) as Part[Name];
    const reconstruction_BD = tf.concat(parts.map((part) => part.reconstruction_BD)) as Tensor2D;
    const l0 = tf.div(total('count'), B) as Scalar;
    const pay = sparsity.loss === 'tanh' ? undefined : stepLoss(l0, sparsity, coefficient);
    // ∂1[z > θ]/∂θ = -K((z - θ)/ε)/ε, averaged over rows
    const stepSlope_F = pay && tf.mul(total('window_F'), tf.div(pay.slope, -B * sparsity.bandwidth));
    const through_F = total('threshold_F');
    const pass: Pass = {
      kept: parts.map((part) => part.kept),
      loss: total('loss'),
      sparsityLoss: pay?.loss ?? tf.mul(total('tanh'), coefficient / (B * D)),
      reconstruction_BD,
      gradients: {
        encoder_FD: total('encoder_FD'),
        encoderBias_F: total('encoderBias_F'),
        decoder_FD: total('decoder_FD'),
        decoderBias_D: total('decoderBias_D'),
        read_D: total('read_D'),
        threshold_F: stepSlope_F ? tf.add(through_F, stepSlope_F) : through_F,
      },
    };
    return addForDead(input, pass) as never;
  }) as unknown as Pass;
}

/** λ L0, or λ ((L0 / L0*) - 1)²; and its slope in L0. */
function stepLoss(
  l0: Scalar,
  { targetL0 }: SparsitySettings,
  coefficient: number,
): { loss: Scalar; slope: Scalar } {
  if (targetL0 === null) return { loss: tf.mul(l0, coefficient), slope: tf.scalar(coefficient) };
  const beyond = tf.sub(tf.div(l0, targetL0), 1);
  return {
    loss: tf.mul(tf.square(beyond), coefficient),
    slope: tf.mul(beyond, (2 * coefficient) / targetL0),
  };
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

/** Grows from 0 over the warm-up: a function of the step, so that a resumed fit has nothing to remember. */
function coefficientAt({ settings, step }: PassInput): number {
  const { coefficient, warmupSteps } = sparsityOf(settings);
  return coefficient * Math.min(1, step / Math.max(1, warmupSteps));
}

function sparsityOf(settings: FitSettings): SparsitySettings {
  return settings.sparsity ?? sparsityDefaults(settings);
}
