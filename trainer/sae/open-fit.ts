/** A fit that survives being killed: opens the newest checkpoint of a folder or starts anew, and saves as it goes. */
import type { Kernels } from '../compute/kernels.ts';
import { loadLatestCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { type FitProgress, type HiddenBatches, fit, readSample } from './fit.ts';
import type { FitSettings } from './settings.ts';
import { type Training, type TrainingState, createTraining, restoreTraining } from './training.ts';
import type { Sample } from './units.ts';

export interface ResumableSource extends HiddenBatches {
  /** Everything the next batches depend on: JSON with typed arrays in it. */
  state(): unknown;
  restore(state: never): void;
}

/** Makes the training of step 0 from a sample. */
export type StartTraining = (sample: Sample) => Training;

export interface OpenFitOptions {
  readonly kernels: Kernels;
  readonly settings: FitSettings;
  /** Random rows when absent; start-from.ts begins at given weights. */
  readonly start?: StartTraining;
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
    source.restore(found.checkpoint.source as never);
    training = restoreTraining(kernels, expectTraining(found.path, settings, found.checkpoint.training));
  } else {
    const { start = startFresh(kernels, settings) } = options;
    training = start(await readSample(source, settings.initTokens, settings.hiddenWidth));
  }
  const progress = fit({
    ...options,
    training,
    saveCheckpoint: async () => {
      const checkpoint = { training: training.state(), source: source.state() };
      await saveCheckpoint(folder, training.step(), checkpoint);
    },
  });
  return { training, resumedAtStep: training.step(), progress };
}

export function startFresh(kernels: Kernels, settings: FitSettings): StartTraining {
  return ({ hidden_ND, target_ND }) => createTraining(kernels, settings, hidden_ND, target_ND);
}

/** Refuses a state of other settings, or none. */
export function expectTraining(
  path: string,
  settings: FitSettings,
  state: TrainingState | null,
): TrainingState {
  if (state === null) {
    throw new Error(
      `${path}: expected the checkpoint of one fit, got that of a source of several. Name another folder.`,
    );
  }
  expectSameSettings(path, settings, state.settings);
  return state;
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
