/** One dictionary on one corpus at one budget: the numbers of a trial, and those that only SAEBench asks for. */
import type { Tensor2D } from '@tensorflow/tfjs';

import { hiddenRows } from '../../interp/collect-acts.ts';
import { evaluateOn, type EvaluatedOn } from '../../interp/evaluate-on.ts';
import { countOrdinary } from '../../interp/ordinary-windows.ts';
import { pickWindows, type EvaluationText } from '../../interp/windows.ts';
import type { LanguageModel } from '../../lm/model.ts';
import { evaluate, type ReconstructionMetrics } from '../../sae/evaluate.ts';
import { runToEnd } from '../run-to-end.ts';
import { WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { type CountingConfig, skipFirstOf } from '../train-sae/text-config.ts';
import { coreResults } from './saebench.ts';
import type { Reading } from './subject.ts';

export interface MeasureOptions extends CountingConfig {
  readonly model: LanguageModel;
  readonly hookpoint: string;
  readonly reading: Reading;
  readonly isBoost: boolean;
  /** Acts kept per token; for a boost that of its base goes on record. */
  readonly budget: number;
  readonly text: EvaluationText;
  readonly contextLength: number;
  readonly tokenCount: number;
  readonly ceTokenCount: number;
}

export async function measure(options: MeasureOptions): Promise<EvaluatedOn> {
  const { model, hookpoint, reading, isBoost, budget, text, contextLength, tokenCount, ceTokenCount } =
    options;
  const steps = evaluateOn({
    ...{ model, hookpoint, text, tokenCount, ceTokenCount, budget },
    dictionary: isBoost ? reading : { ...reading, k: budget },
    ownFrom: reading.ownFrom,
    isResidual: isBoost,
    windowLength: contextLength,
    skipFirst: skipFirstOf(options),
    maxNormRatio: options.maxNormRatio,
    specialTokens: specialTokens(model),
    windowsPerBatch: WINDOWS_PER_BATCH,
  });
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

export interface Core {
  readonly core: Record<string, unknown>;
  readonly metrics: ReconstructionMetrics;
}

export async function measureCore(options: MeasureOptions, evaluation: EvaluatedOn): Promise<Core> {
  const { reading, isBoost, budget } = options;
  const norms = { in: 0, out: 0 };
  async function* batches(): AsyncGenerator<Tensor2D> {
    for (const { hidden_BD } of countedRows(options)) {
      norms.in += sumOfNorms(hidden_BD);
      yield hidden_BD;
    }
    await Promise.resolve();
  }
  const [metrics] = await evaluate({
    dictionary: {
      ...reading,
      encode: (hidden_BD) => reading.encode(hidden_BD, isBoost ? undefined : budget),
      decode(top) {
        const rebuilt_BD = reading.decode(top);
        norms.out += sumOfNorms(rebuilt_BD);
        return rebuilt_BD;
      },
    },
    batches: batches(),
  });
  const means = { in: norms.in / metrics.rows, out: norms.out / metrics.rows };
  return {
    metrics,
    core: coreResults({ evaluation, klZeroNats: evaluation.klZeroNats, metrics, norms: means }),
  };
}

/** The rows that count, a few windows at a time. */
function* countedRows(options: MeasureOptions): ReturnType<typeof hiddenRows> {
  const { model, hookpoint, text, contextLength, tokenCount, maxNormRatio } = options;
  const picked = pickWindows([text], {
    ...{ windowLength: contextLength, tokenCount, skipFirst: skipFirstOf(options) },
    specialTokens: specialTokens(model),
  });
  const reading = { model, hookpoint, windowsPerBatch: WINDOWS_PER_BATCH };
  const windows = runToEnd(countOrdinary(picked, { ...reading, maxNormRatio }));
  yield* hiddenRows({ ...reading, windows });
}

function sumOfNorms(rows_BD: Tensor2D): number {
  const D = rows_BD.shape[1];
  const values = rows_BD.dataSync();
  let sum = 0;
  for (let start = 0; start < values.length; start += D) {
    let squares = 0;
    for (let d = start; d < start + D; d++) squares += values[d] ** 2;
    sum += Math.sqrt(squares);
  }
  return sum;
}
