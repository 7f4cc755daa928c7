/**
 * HierarchicalTopK (2505.24473): acts sorted descending, L = mean over budgets j in J of |x - x̂_j|², so that one set of
 * weights is good at every budget. This file is one pass of loss and gradients; equations in docs/methods.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels, TopActs } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';

/** J = 1..K, the paper's. */
export function hierarchicalBudgets(k: number): readonly number[] {
  return Array.from({ length: k }, (_, i) => i + 1);
}

export interface Weights {
  readonly encoder_FD: Tensor2D;
  readonly encoderBias_F: Tensor1D;
  readonly decoder_FD: Tensor2D;
  readonly decoderBias_D: Tensor1D;
}

/** Gradients by the names of Weights. */
export type WeightGradients = { readonly [Name in keyof Weights]: Tensor };

/** What one more loss on chosen acts (AuxK) adds to the pass. */
export interface ExtraLoss {
  readonly top: TopActs;
  readonly gradActs_BK: Tensor2D;
  readonly gradDecoder_FD: Tensor2D;
}

export interface Pass {
  readonly top: TopActs;
  readonly loss: Scalar;
  readonly reconstruction_BD: Tensor2D;
  readonly gradients: WeightGradients;
}

/** `extra` is asked once the reconstruction is known; it returns null when there is nothing to add. */
export function passHierarchical(
  kernels: Kernels,
  weights: Weights,
  hidden_BD: Tensor2D,
  settings: { readonly k: number; readonly budgets: readonly number[] },
  extra: (centred_BD: Tensor2D, reconstruction_BD: Tensor2D) => ExtraLoss | null,
): Pass {
  const { encoder_FD, encoderBias_F, decoder_FD, decoderBias_D } = weights;
  const centred_BD = tf.sub(hidden_BD, decoderBias_D) as Tensor2D;
  const top = kernels.encodeTopK({ hidden_BD: centred_BD, encoder_FD, encoderBias_F, k: settings.k });
  const main = kernels.hierarchical({
    ...top,
    target_BD: hidden_BD,
    decoder_FD,
    decoderBias_D,
    budgets: settings.budgets,
  });
  const added = extra(centred_BD, main.reconstruction_BD);
  const back = kernels.encoderGradient({
    hidden_BD: centred_BD,
    acts_BK: beside(top.acts_BK, added?.top.acts_BK),
    indices_BK: beside(top.indices_BK, added?.top.indices_BK),
    gradActs_BK: beside(main.gradActs_BK, added?.gradActs_BK),
    encoder_FD,
  });
  return {
    top,
    loss: main.loss,
    reconstruction_BD: main.reconstruction_BD,
    gradients: {
      encoder_FD: back.gradEncoder_FD,
      encoderBias_F: back.gradEncoderBias_F,
      decoder_FD: added ? tf.add(main.gradDecoder_FD, added.gradDecoder_FD) : main.gradDecoder_FD,
      // The bias is added to every reconstruction and taken from every input.
      decoderBias_D: tf.sub(main.gradDecoderBias_D, back.gradHidden_D),
    },
  };
}

function beside(left_BK: Tensor2D, right_BK?: Tensor2D): Tensor2D {
  return right_BK ? (tf.concat([left_BK, right_BK], 1) as Tensor2D) : left_BK;
}
