/** What stands around the pass of a kind: the batch in scaled units, features to be called back, and the numbers read off. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { auxiliaryLoss, countDead, type KeptActs, maskDead, type SilentTokens } from './dead-features.ts';
import { explainedVariance } from './explained-variance.ts';
import type { HiddenPair } from './hidden-batch.ts';
import type { ExtraLoss, Pass, PassInput, Weights } from './pass.ts';
import { type FitSettings, formOf } from './settings.ts';
import type { Units } from './units.ts';

export interface PassSubject {
  readonly kernels: Kernels;
  readonly settings: FitSettings;
  readonly units: Units;
  /** units.centre_D on the device. */
  readonly centre_D: Tensor1D | null;
  readonly weights: Weights;
  readonly silent_F: SilentTokens;
  readonly step: number;
}

/** To be given back to disposePass. */
export function openPass(subject: PassSubject, pair: HiddenPair): PassInput {
  const { kernels, settings, weights, silent_F, step } = subject;
  const tensors = tf.tidy(() => scaleRows(subject, pair));
  const dead = settings.auxCoefficient > 0 || settings.sparsity ? maskTrained(silent_F, settings) : null;
  const dead_F = dead && tf.tensor1d(dead.mask_F);
  const { read_BD, target_BD } = tensors;
  const extra = (reconstruction_BD: Tensor2D): ExtraLoss | null => {
    if (!dead || settings.auxCoefficient === 0) return null;
    return auxiliaryLoss(kernels, {
      weights,
      read_BD,
      missed_BD: tf.sub(target_BD, reconstruction_BD),
      dead_F: dead_F as Tensor1D,
      k: Math.min(settings.auxK ?? Math.max(1, Math.floor(settings.hiddenWidth / 2)), dead.count),
      coefficient: settings.auxCoefficient,
    });
  };
  return { kernels, settings, weights, step, ...tensors, ...(dead_F && { dead_F }), extra };
}

type Rows = Pick<PassInput, 'read_BD' | 'target_BD' | 'lossFactor'>;

function scaleRows({ settings, units, centre_D, weights }: PassSubject, pair: HiddenPair): Rows {
  const { hiddenScale, targetScale } = units;
  const { centring, lossNormaliser } = formOf(settings);
  const scaled_BD = tf.mul(pair.hidden_BD, 1 / hiddenScale) as Tensor2D;
  const isOne = pair.hidden_BD === pair.target_BD && hiddenScale === targetScale;
  const target_BD = isOne ? scaled_BD : (tf.mul(pair.target_BD, 1 / targetScale) as Tensor2D);
  const centre = centring === 'decoder-bias' ? weights.decoderBias_D : centre_D;
  const read_BD = centre ? (tf.sub(scaled_BD, centre) as Tensor2D) : scaled_BD.clone();
  if (lossNormaliser === 'none') return { read_BD, target_BD };
  const variance = tf.mean(tf.squaredDifference(target_BD, tf.mean(target_BD, 0)));
  return { read_BD, target_BD, lossFactor: tf.divNoNan(1, variance) };
}

/** Dead ones among those that are trained; null where there is none. */
function maskTrained(
  silent_F: SilentTokens,
  { deadAfterTokens, frozenFeatures = 0 }: FitSettings,
): { mask_F: Float32Array; count: number } | null {
  const count = countDead(silent_F.subarray(frozenFeatures), deadAfterTokens);
  return count === 0
    ? null
    : { mask_F: maskDead(silent_F, deadAfterTokens).fill(0, 0, frozenFeatures), count };
}

export interface PassNumbers {
  readonly loss: number;
  readonly sparsityLoss: number;
  readonly auxLoss: number;
  /** The tensors' own memory: not to be kept. */
  readonly kept: readonly KeptActs[];
  readonly explainedVariance: number | null;
}

/** Asks for everything before it waits: a device answers once. With `target_BD`, measures the reconstruction too. */
export async function readPass(pass: Pass, target_BD: Tensor2D | null): Promise<PassNumbers> {
  const one = async (scalar?: Tensor) => (scalar ? (await scalar.data())[0] : 0);
  const [loss, sparsityLoss, auxLoss, ...kept] = await Promise.all([
    one(pass.loss),
    one(pass.sparsityLoss),
    one(pass.auxLoss),
    ...pass.kept.map(async ({ acts_BK, indices_BK }) => {
      const [acts, indices] = await Promise.all([acts_BK.data(), indices_BK.data()]);
      return { acts, indices };
    }),
  ]);
  if (target_BD === null) return { loss, sparsityLoss, auxLoss, kept, explainedVariance: null };
  const [target, rebuilt] = await Promise.all([target_BD.data(), pass.reconstruction_BD.data()]);
  const measured = explainedVariance(target as Float32Array, rebuilt as Float32Array, target_BD.shape[1]);
  return { loss, sparsityLoss, auxLoss, kept, explainedVariance: measured };
}

export function disposePass(pass: Pass, { read_BD, target_BD, lossFactor, dead_F }: PassInput): void {
  tf.dispose(pass as never);
  tf.dispose([read_BD, target_BD, lossFactor, dead_F] as never);
}
