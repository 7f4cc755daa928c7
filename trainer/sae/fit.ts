/**
 * Fits a dictionary to a source of hidden states, yielding a record at fixed steps. Each record describes its own batch
 * and is handed out before the checkpoint that covers it: killed anywhere and resumed, a run repeats some records exactly
 * and skips none. Time, files and the source arrive as arguments.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import type { FitSettings } from './settings.ts';
import { type StepRecord, type Training, createTraining } from './training.ts';

export interface HiddenBatches {
  /** Rows in random order; fit disposes them. */
  next(): Promise<Tensor2D> | Tensor2D;
}

export interface FitProgress extends Omit<StepRecord, 'explainedVariance'> {
  readonly stepTotal: number;
  /** Rows trained on so far. */
  readonly tokens: number;
  /** EV = 1 - Σ|x - x̂_K|² / Σ|x - x̄|² over this batch, before its step, in double precision. */
  readonly explainedVariance: number;
  /** Since the previous record, by the clock given. */
  readonly tokensPerSecond: number;
}

export interface FitOptions {
  readonly training: Training;
  readonly source: HiddenBatches;
  /** Milliseconds. */
  readonly now: () => number;
  readonly progressEverySteps: number;
  readonly checkpointEverySteps?: number;
  /** Called between steps, also after the last. */
  readonly saveCheckpoint?: (training: Training) => Promise<void>;
}

export async function* fit(options: FitOptions): AsyncGenerator<FitProgress, void, void> {
  const { training, source, now, progressEverySteps, checkpointEverySteps = Infinity } = options;
  const { stepTotal } = training.settings;
  let lastMs = now();
  let lastTokens = training.tokens();
  while (training.step() < stepTotal) {
    const step = training.step() + 1;
    const isDue = step === 1 || step % progressEverySteps === 0 || step === stepTotal;
    const hidden_BD = await source.next();
    const record = await training.advance(hidden_BD, isDue);
    hidden_BD.dispose();
    if (isDue) {
      const nowMs = now();
      const tokens = training.tokens();
      const tokensPerSecond = (1000 * (tokens - lastTokens)) / Math.max(1e-3, nowMs - lastMs);
      [lastMs, lastTokens] = [nowMs, tokens];
      yield {
        ...record,
        explainedVariance: record.explainedVariance ?? 0,
        stepTotal,
        tokens,
        tokensPerSecond,
      };
    }
    if (step % checkpointEverySteps === 0 || step === stepTotal) await options.saveCheckpoint?.(training);
  }
}

/** Reads the sample a new dictionary starts from, and starts it. The batches read are not trained on. */
export async function startTraining(
  kernels: Kernels,
  settings: FitSettings,
  source: HiddenBatches,
): Promise<Training> {
  const parts: Float32Array[] = [];
  let rows = 0;
  while (rows < settings.initTokens) {
    const hidden_BD = await source.next();
    const [B, D] = hidden_BD.shape;
    if (D !== settings.hiddenWidth || B === 0) {
      throw new Error(
        `hidden_BD: expected rows of ${settings.hiddenWidth}, got shape [${B}, ${D}]. Is it the model the settings name?`,
      );
    }
    parts.push(Float32Array.from(await hidden_BD.data()));
    hidden_BD.dispose();
    rows += B;
  }
  const hidden_ND = new Float32Array(rows * settings.hiddenWidth);
  let at = 0;
  for (const part of parts) {
    hidden_ND.set(part, at);
    at += part.length;
  }
  return createTraining(kernels, settings, hidden_ND);
}
