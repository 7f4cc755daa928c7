/** How long a training step takes with routers and without: the models take their steps in turns, so that what else the machine does hits all alike. */
import type { Kernels } from '../../compute/kernels.ts';
import { createRng } from '../../compute/rng.ts';
import type { StepTime } from '../../lime/study.ts';
import { createLearner } from '../../lm-fit/learner.ts';
import type { FitSettings } from '../../lm-fit/settings.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { createParameters } from '../../lm/parameters.ts';
import { nameModel } from './bench.ts';

/** What a time is the median of. */
export interface StepTiming {
  readonly rounds: number;
  readonly stepsPerRound: number;
}

export const STEP_TIMING: StepTiming = { rounds: 3, stepsPerRound: 7 };

export interface StepTimeInput {
  readonly kernels: Kernels;
  readonly configs: readonly DecoderConfig[];
  readonly settings: FitSettings;
  readonly timing: StepTiming;
  now(): number;
}

export async function measureStepTimes({
  kernels,
  configs,
  settings,
  timing: { rounds: roundTotal, stepsPerRound },
  now,
}: StepTimeInput): Promise<StepTime[]> {
  const rng = createRng(settings.seed);
  const size = settings.rows * (settings.contextLength + 1);
  const tokens = Int32Array.from({ length: size }, () => rng.int(configs[0].vocabSize));
  const learners = configs.map((config) =>
    createLearner(kernels, config, settings, createParameters(config, createRng(settings.seed))),
  );
  const rounds: number[][] = configs.map(() => []);
  try {
    for (const learner of learners) await learner.apply(tokens, 0);
    for (let round = 0; round < roundTotal; round++) {
      const times: number[][] = configs.map(() => []);
      for (let step = 0; step < stepsPerRound; step++) {
        for (const [i, learner] of learners.entries()) {
          const started = now();
          await learner.apply(tokens, 0);
          times[i].push(now() - started);
        }
      }
      times.forEach((all, i) => rounds[i].push(medianOf(all)));
    }
  } finally {
    for (const learner of learners) learner.dispose();
  }
  return configs.map((config, i) => ({
    model: nameModel(config.lime, config.layerCount),
    medianMsByRound: rounds[i],
  }));
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
