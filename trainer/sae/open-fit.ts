/** A fit that survives being killed: opens the newest checkpoint of a folder or starts anew, and saves as it goes. */
import type { Kernels } from '../compute/kernels.ts';
import { loadLatestCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { type FitProgress, type HiddenBatches, fit, startTraining } from './fit.ts';
import type { FitSettings } from './settings.ts';
import { type Training, restoreTraining } from './training.ts';

export interface ResumableSource extends HiddenBatches {
  /** Everything the next batches depend on: JSON with typed arrays in it. */
  state(): unknown;
  restore(state: never): void;
}

export interface OpenFitOptions {
  readonly kernels: Kernels;
  readonly settings: FitSettings;
  readonly source: ResumableSource;
  /** Of this run alone. */
  readonly folder: string;
  readonly now: () => number;
  readonly progressEverySteps: number;
  readonly checkpointEverySteps: number;
}

export interface OpenedFit {
  readonly training: Training;
  /** 0 when nothing was there to resume. */
  readonly resumedAtStep: number;
  readonly progress: AsyncGenerator<FitProgress, void, void>;
}

export async function openFit(options: OpenFitOptions): Promise<OpenedFit> {
  const { kernels, settings, source, folder } = options;
  const found = await loadLatestCheckpoint(folder);
  let training: Training;
  if (found) {
    expectSameSettings(found.path, settings, found.checkpoint.training.settings);
    source.restore(found.checkpoint.source as never);
    training = restoreTraining(kernels, found.checkpoint.training);
  } else {
    training = await startTraining(kernels, settings, source);
  }
  const progress = fit({
    ...options,
    training,
    saveCheckpoint: async (current) => {
      await saveCheckpoint(folder, { training: current.state(), source: source.state() });
    },
  });
  return { training, resumedAtStep: training.step(), progress };
}

function expectSameSettings(path: string, expected: FitSettings, got: FitSettings): void {
  const [left, right] = [expected, got].map(
    (settings) => JSON.parse(JSON.stringify(settings)) as Record<string, unknown>,
  );
  const differing = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]),
  );
  if (differing.length === 0) return;
  const show = (settings: Record<string, unknown>) =>
    differing.map((name) => `${name} ${JSON.stringify(settings[name])}`).join(', ');
  throw new Error(
    `${path}: expected a checkpoint with ${show(left)}, got ${show(right)}. ` +
      'Give the run the settings it began with, or a folder of its own.',
  );
}
