/**
 * Fits a dictionary to a source of hidden states, yielding a record at fixed steps. Each record describes its own batch
 * and is handed out before the checkpoint that covers it: killed anywhere and resumed, a run repeats some records exactly
 * and skips none. Time, files and the source arrive as arguments.
 */
import type { Kernels } from '../compute/kernels.ts';
import { disposeBatch, type HiddenBatch, toPair } from './hidden-batch.ts';
import type { FitSettings } from './settings.ts';
import { type StepRecord, type Training, createTraining } from './training.ts';
import type { Sample } from './units.ts';

export interface HiddenBatches {
  /** Rows in random order; fit disposes them. */
  next(): Promise<HiddenBatch> | HiddenBatch;
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
  readonly saveCheckpoint?: () => Promise<void>;
}

export async function* fit({ training, ...options }: FitOptions): AsyncGenerator<FitProgress, void, void> {
  for await (const [record] of fitTogether({ ...options, trainings: [training] })) yield record;
}

export type FitTogetherOptions = Omit<FitOptions, 'training'> & {
  /** All at the same step of the same number of steps. */
  readonly trainings: readonly Training[];
};

/** Every batch trains all of them; yields a record of each, in their order. */
export async function* fitTogether(options: FitTogetherOptions): AsyncGenerator<FitProgress[], void, void> {
  const { trainings, source, now, progressEverySteps, checkpointEverySteps = Infinity } = options;
  const [first] = trainings;
  const { stepTotal } = first.settings;
  let lastMs = now();
  let lastTokens = first.tokens();
  while (first.step() < stepTotal) {
    const step = first.step() + 1;
    const isDue = step === 1 || step % progressEverySteps === 0 || step === stepTotal;
    const batch = await source.next();
    const records: StepRecord[] = [];
    for (const training of trainings) records.push(await training.advance(batch, isDue));
    disposeBatch(batch);
    if (isDue) {
      const nowMs = now();
      const tokens = first.tokens();
      const tokensPerSecond = (1000 * (tokens - lastTokens)) / Math.max(1e-3, nowMs - lastMs);
      [lastMs, lastTokens] = [nowMs, tokens];
      yield records.map((record) => ({
        ...record,
        explainedVariance: record.explainedVariance ?? 0,
        stepTotal,
        tokens,
        tokensPerSecond,
      }));
    }
    if (step % checkpointEverySteps === 0 || step === stepTotal) await options.saveCheckpoint?.();
  }
}

/** Reads the sample a new dictionary starts from, and starts it. The batches read are not trained on. */
export async function startTraining(
  kernels: Kernels,
  settings: FitSettings,
  source: HiddenBatches,
): Promise<Training> {
  const { hidden_ND, target_ND } = await readSample(source, settings.initTokens, settings.hiddenWidth);
  return createTraining(kernels, settings, hidden_ND, target_ND);
}

/** At least so many rows, whole batches of them. */
export async function readSample(source: HiddenBatches, rows: number, D: number): Promise<Sample> {
  const hidden: Float32Array[] = [];
  const target: Float32Array[] = [];
  for (let read = 0; read < rows;) {
    const batch = await source.next();
    const { hidden_BD, target_BD } = toPair(batch);
    const [B, width] = hidden_BD.shape;
    if (width !== D || B === 0) {
      throw new Error(
        `hidden_BD: expected rows of ${D}, got shape [${B}, ${width}]. Is it the model the settings name?`,
      );
    }
    hidden.push(Float32Array.from(await hidden_BD.data()));
    if (target_BD !== hidden_BD) target.push(Float32Array.from(await target_BD.data()));
    disposeBatch(batch);
    read += B;
  }
  return { hidden_ND: concat(hidden), ...(target.length > 0 && { target_ND: concat(target) }) };
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
