/**
 * The state of a dictionary being fitted, and one step of it. Weights live in scaled units (init.ts) and leave in the
 * units of the hidden states. Bit-identical by construction: a step depends on state() and the batch, on nothing else.
 */
import type { Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type AdamState, disposeAdam, updateAdam } from '../optim/adam.ts';
import { clipGlobalNorm } from '../optim/clip.ts';
import { learningRateAt } from '../optim/schedule.ts';
import { auxiliaryLoss, countDead, countSilence, maskDead, type SilentTokens } from './dead-features.ts';
import type { DictionaryWeights } from './dictionary.ts';
import { bestEncoderScale } from './encoder-scale.ts';
import { explainedVariance } from './explained-variance.ts';
import { passHierarchical, type WeightGradients, type Weights } from './hierarchical-topk.ts';
import { initWeights } from './init.ts';
import { budgetsOf, checkSettings, type FitSettings } from './settings.ts';

const PARAMETERS = ['encoder_FD', 'encoderBias_F', 'decoder_FD', 'decoderBias_D'] as const;
type ParameterName = (typeof PARAMETERS)[number];

export interface StepRecord {
  /** 1-based. */
  readonly step: number;
  /** Mean over budgets of the mean squared error per coordinate, in scaled units: about the mean FVU. */
  readonly loss: number;
  /** Auxiliary loss without its coefficient; 0 when no feature is dead. */
  readonly auxLoss: number;
  /** Mean acts above 0 per row. */
  readonly l0: number;
  readonly deadFraction: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Of this batch at the largest budget, before the step; null when not asked for. */
  readonly explainedVariance: number | null;
}

/** What a checkpoint must hold for the next step to come out the same. Arrays are live until the next step. */
export interface TrainingState {
  readonly settings: FitSettings;
  readonly step: number;
  readonly tokens: number;
  readonly hiddenScale: number;
  readonly silent_F: SilentTokens;
  readonly weights: Readonly<Record<ParameterName, Float32Array>>;
  readonly firstMoments: Readonly<Record<ParameterName, Float32Array>>;
  readonly secondMoments: Readonly<Record<ParameterName, Float32Array>>;
}

export interface Training {
  readonly settings: FitSettings;
  step(): number;
  /** Rows trained on. */
  tokens(): number;
  /** One update from one batch, which stays the caller's. */
  advance(hidden_BD: Tensor2D, measure: boolean): Promise<StepRecord>;
  state(): TrainingState;
  /** The dictionary as it is now, in the units of the hidden states. */
  weights(): DictionaryWeights;
  dispose(): void;
}

/** Starts from a sample of hidden states, N rows of D. */
export function createTraining(kernels: Kernels, settings: FitSettings, hidden_ND: Float32Array): Training {
  checkSettings(settings);
  const { width, hiddenWidth } = settings;
  const unscaled = initWeights(hidden_ND, hiddenWidth, width, createRng(settings.seed));
  const scale = bestEncoderScale(kernels, unscaled, hidden_ND, {
    k: settings.k,
    budgets: budgetsOf(settings),
  });
  const initial = { ...unscaled, encoder_FD: unscaled.encoder_FD.map((value) => value * scale) };
  const zeros = () =>
    Object.fromEntries(PARAMETERS.map((name) => [name, new Float32Array(initial[name].length)])) as Record<
      ParameterName,
      Float32Array
    >;
  return restoreTraining(kernels, {
    settings,
    step: 0,
    tokens: 0,
    hiddenScale: initial.hiddenScale,
    silent_F: new Float64Array(width),
    weights: initial,
    firstMoments: zeros(),
    secondMoments: zeros(),
  });
}

export function restoreTraining(kernels: Kernels, state: TrainingState): Training {
  const { settings, hiddenScale } = state;
  const parameters = toVariables(state.weights, settings);
  const silent_F = state.silent_F.slice();
  let adam: AdamState = {
    step: state.step,
    firstMoments: toVariables(state.firstMoments, settings),
    secondMoments: toVariables(state.secondMoments, settings),
  };
  let tokens = state.tokens;

  async function advance(hidden_BD: Tensor2D, measure: boolean): Promise<StepRecord> {
    const step = adam.step + 1;
    const rows = hidden_BD.shape[0];
    const pass = await nameStep(step, () =>
      gradientsOf(kernels, settings, parameters, hidden_BD, hiddenScale, silent_F),
    );
    const learningRate = learningRateAt(settings.schedule, step);
    const clip = await nameStep(step, async () => {
      await kernels.settle();
      return clipGlobalNorm(kernels, pass.gradients, settings.gradientNormLimit, {
        decoder_FD: parameters.decoder_FD as unknown as Tensor2D,
      });
    });
    const [loss, auxLoss, acts, indices] = await Promise.all(
      [pass.loss, pass.auxLoss, pass.acts_BK, pass.indices_BK].map((tensor) => tensor.data()),
    );
    const measured = measure
      ? explainedVariance(
          (await pass.scaled_BD.data()) as Float32Array,
          (await pass.reconstruction_BD.data()) as Float32Array,
          settings.hiddenWidth,
        )
      : null;
    adam = updateAdam(kernels, parameters, pass.gradients, adam, {
      ...settings,
      learningRate,
      gradientScale: clip.scale,
      unitRows: new Set(['decoder_FD']),
    });
    tokens += rows;
    countSilence(silent_F, acts, indices, rows);
    const record = {
      step,
      loss: loss[0],
      auxLoss: auxLoss[0],
      l0: countPositive(acts) / rows,
      deadFraction: countDead(silent_F, settings.deadAfterTokens) / settings.width,
      learningRate,
      gradientNorm: clip.norm,
      explainedVariance: measured,
    };
    const { gradients, ...others } = pass;
    tf.dispose({ ...gradients });
    tf.dispose(others as never);
    return record;
  }

  return {
    settings,
    step: () => adam.step,
    tokens: () => tokens,
    advance,
    state: () => ({
      settings,
      step: adam.step,
      tokens,
      hiddenScale,
      silent_F,
      weights: toArrays(parameters),
      firstMoments: toArrays(adam.firstMoments as Record<ParameterName, Variable>),
      secondMoments: toArrays(adam.secondMoments as Record<ParameterName, Variable>),
    }),
    weights: () => weightsOf(settings, toArrays(parameters), hiddenScale),
    dispose() {
      tf.dispose(Object.values(parameters));
      disposeAdam(adam);
    },
  };
}

interface Gradients {
  readonly gradients: WeightGradients;
  readonly loss: Tensor1D;
  readonly auxLoss: Tensor1D;
  readonly acts_BK: Tensor2D;
  readonly indices_BK: Tensor2D;
  readonly scaled_BD: Tensor2D;
  readonly reconstruction_BD: Tensor2D;
}

function gradientsOf(
  kernels: Kernels,
  settings: FitSettings,
  parameters: Record<ParameterName, Variable>,
  hidden_BD: Tensor2D,
  hiddenScale: number,
  silent_F: SilentTokens,
): Gradients {
  const weights = parameters as unknown as Weights;
  const dead = settings.auxCoefficient > 0 ? countDead(silent_F, settings.deadAfterTokens) : 0;
  return tf.tidy(() => {
    const scaled_BD = tf.mul(hidden_BD, 1 / hiddenScale) as Tensor2D;
    let auxLoss: Tensor1D = tf.zeros([1]);
    const pass = passHierarchical(
      kernels,
      weights,
      scaled_BD,
      { k: settings.k, budgets: budgetsOf(settings) },
      (centred_BD, reconstruction_BD) => {
        if (dead === 0) return null;
        const extra = auxiliaryLoss(kernels, {
          weights,
          centred_BD,
          missed_BD: tf.sub(scaled_BD, reconstruction_BD),
          dead_F: tf.tensor1d(maskDead(silent_F, settings.deadAfterTokens)),
          k: Math.min(settings.auxK ?? Math.max(1, Math.floor(settings.hiddenWidth / 2)), dead),
          coefficient: settings.auxCoefficient,
        });
        auxLoss = extra.loss.reshape([1]);
        return extra;
      },
    );
    return {
      gradients: { ...pass.gradients },
      loss: pass.loss.reshape([1]) as Tensor1D,
      auxLoss,
      ...pass.top,
      scaled_BD,
      reconstruction_BD: pass.reconstruction_BD,
    };
  }) as unknown as Gradients;
}

/** acts = s relu(W (x/s - b) + c) = relu(W (x - s b) + s c): only the biases change. */
function weightsOf(
  settings: FitSettings,
  scaled: Record<ParameterName, Float32Array>,
  hiddenScale: number,
): DictionaryWeights {
  const { kind, width, hiddenWidth, k } = settings;
  return {
    kind,
    width,
    hiddenWidth,
    k,
    encoder_FD: scaled.encoder_FD.slice(),
    encoderBias_F: scaled.encoderBias_F.map((value) => value * hiddenScale),
    decoder_FD: scaled.decoder_FD.slice(),
    decoderBias_D: scaled.decoderBias_D.map((value) => value * hiddenScale),
    selection: { by: 'topk', k },
    centred: true,
    normalisation: 'none',
  };
}

function toVariables(
  arrays: Readonly<Record<ParameterName, Float32Array>>,
  { width: F, hiddenWidth: D }: FitSettings,
): Record<ParameterName, Variable> {
  const shapes = { encoder_FD: [F, D], encoderBias_F: [F], decoder_FD: [F, D], decoderBias_D: [D] };
  const entries = PARAMETERS.map((name) => {
    // A copy: native kernels update in place, and the caller's array is not ours to change.
    const values = tf.tensor(arrays[name].slice(), shapes[name]);
    const variable = tf.variable(values, false);
    values.dispose();
    return [name, variable] as const;
  });
  return Object.fromEntries(entries) as Record<ParameterName, Variable>;
}

function toArrays(variables: Record<ParameterName, Variable>): Record<ParameterName, Float32Array> {
  const entries = PARAMETERS.map((name) => [name, variables[name].dataSync() as Float32Array] as const);
  return Object.fromEntries(entries) as Record<ParameterName, Float32Array>;
}

function countPositive(acts: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < acts.length; i++) if (acts[i] > 0) count += 1;
  return count;
}

async function nameStep<T>(step: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`fit, step ${step}: ${(error as Error).message}`, { cause: error });
  }
}
