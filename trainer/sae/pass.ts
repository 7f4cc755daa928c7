/**
 * One pass of loss and gradients over a batch: what the kinds have in common. A kind chooses the acts; here they are
 * decoded, compared with the target and led back to every weight. All in scaled units (units.ts).
 */
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { EncoderGradients, HierarchicalGradients, Kernels, TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { FitSettings } from './settings.ts';

export interface Weights {
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
  /** JumpReLU's. */
  readonly threshold_F?: Tensor1D;
}

/** What one more loss on chosen acts (AuxK) adds to the pass. */
export interface ExtraLoss {
  readonly top: TopActs;
  /** Without its coefficient. */
  readonly loss: Scalar;
  readonly gradActs_BK: Tensor2D;
  readonly gradDecoder_FD: Tensor2D;
}

export interface PassInput {
  readonly kernels: Kernels;
  readonly settings: FitSettings;
  readonly weights: Weights;
  /** 1-based. */
  readonly step: number;
  /** What the encoder reads, centred already. */
  readonly read_BD: Tensor2D;
  readonly target_BD: Tensor2D;
  /** Multiplies the reconstruction loss (1 / variance of the target); 1 when absent. */
  readonly lossFactor?: Scalar;
  /** 1 for every feature that has stopped firing; absent when there is none. */
  readonly dead_F?: Tensor1D;
  /** Asked once the reconstruction is known; null when there is nothing to add. */
  readonly extra: (reconstruction_BD: Tensor2D) => ExtraLoss | null;
}

export interface PassGradients {
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  /** Through the reconstruction alone. */
  readonly decoderBias_D: Tensor1D;
  /** Summed over rows, of what the encoder reads: what a centring bias receives, negated. */
  readonly read_D: Tensor1D;
  readonly threshold_F?: Tensor1D;
}

export interface Pass {
  /** The acts that were kept, block of rows by block of rows. */
  readonly kept: readonly TopActs[];
  /** Mean over the budgets of the mean squared error per coordinate, times lossFactor. */
  readonly loss: Scalar;
  /** What the kind asks for fewer acts; its coefficient included. */
  readonly sparsityLoss?: Scalar;
  readonly auxLoss?: Scalar;
  readonly reconstruction_BD: Tensor2D;
  readonly gradients: PassGradients;
}

/** The pass once acts are chosen: x̂_j is the sum of the first j columns, the loss the mean over budgets of |target - x̂_j|². */
export function passChosen(input: PassInput, top: TopActs, budgets: readonly number[]): Pass {
  const { kernels, weights, target_BD } = input;
  return tf.tidy(() => {
    const { decoder_FD, decoderBias_D } = weights;
    const raw = kernels.hierarchical({ ...top, target_BD, decoder_FD, decoderBias_D, budgets });
    const main = input.lossFactor ? scaleGradients(raw, input.lossFactor) : raw;
    const added = input.extra(main.reconstruction_BD);
    const back = kernels.encoderGradient({
      hidden_BD: input.read_BD,
      acts_BK: beside(top.acts_BK, added?.top.acts_BK),
      indices_BK: beside(top.indices_BK, added?.top.indices_BK),
      gradActs_BK: beside(main.gradActs_BK, added?.gradActs_BK),
      encoder_FD: weights.encoder_FD,
    });
    return {
      kept: [{ ...top }],
      loss: main.loss,
      auxLoss: added?.loss,
      reconstruction_BD: main.reconstruction_BD,
      gradients: {
        ...encoderPart(back),
        decoder_FD: added ? tf.add(main.gradDecoder_FD, added.gradDecoder_FD) : main.gradDecoder_FD,
        decoderBias_D: main.gradDecoderBias_D,
      },
    };
  }) as unknown as Pass;
}

export function encoderPart(
  back: EncoderGradients,
): Pick<PassGradients, 'encoder_FD' | 'encoderBias_F' | 'read_D'> {
  return {
    encoder_FD: back.gradEncoder_FD,
    encoderBias_F: back.gradEncoderBias_F,
    read_D: back.gradHidden_D,
  };
}

/** Loss and gradients times a factor; the reconstruction stays. */
export function scaleGradients(main: HierarchicalGradients, factor: Scalar | number): HierarchicalGradients {
  return {
    loss: tf.mul(main.loss, factor),
    reconstruction_BD: main.reconstruction_BD,
    gradActs_BK: tf.mul(main.gradActs_BK, factor),
    gradDecoder_FD: tf.mul(main.gradDecoder_FD, factor),
    gradDecoderBias_D: tf.mul(main.gradDecoderBias_D, factor),
  };
}

function beside(left_BK: Tensor2D, right_BK?: Tensor2D): Tensor2D {
  return right_BK ? (tf.concat([left_BK, right_BK], 1) as Tensor2D) : left_BK;
}
