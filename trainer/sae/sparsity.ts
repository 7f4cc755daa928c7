/**
 * What JumpReLU pays for its acts: the step L0, plain or aimed at a target (Rajamanoharan et al. 2024; dictionary_learning),
 * or Anthropic's tanh (January 2025 update). Sizes in scaled units, where a centred row has norm √D.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { PassInput } from './pass.ts';
import type { FitSettings, SparsitySettings } from './settings.ts';

/** Published widths of the estimator are for rows of norm 1: here times √D. */
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

/** Grows from 0 over the warm-up: a function of the step, so that a resumed fit has nothing to remember. */
export function coefficientAt({ settings, step }: PassInput): number {
  const { coefficient, warmupSteps } = sparsityOf(settings);
  return coefficient * Math.min(1, step / Math.max(1, warmupSteps));
}

export function sparsityOf(settings: FitSettings): SparsitySettings {
  return settings.sparsity ?? sparsityDefaults(settings);
}

/** λ L0, or λ ((L0 / L0*) - 1)²; and its slope in L0. */
export function stepLoss(
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

export const TANH_SCALE = 4; // Anthropic's c

/** d/da coefficient · tanh(4 a), for rows of decoder norm 1. */
export function tanhGradient(tanh_BK: Tensor2D, coefficient: number): Tensor2D {
  return tf.mul(tf.sub(1, tf.square(tanh_BK)), TANH_SCALE * coefficient);
}
