/**
 * Several dictionaries fitted on one pass over the hidden states: each batch trains all, each has checkpoints of its own in
 * `folder`/<name>, the source's lie in `folder`/source. The source's is written last: its newest step is the one at which
 * all are whole, and all go on from there.
 */
import { join } from 'node:path';
import type { Kernels } from '../compute/kernels.ts';
import { loadCheckpointOf, loadLatestCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { type FitProgress, fitTogether, readSample } from './fit.ts';
import { toPair } from './hidden-batch.ts';
import { type OpenFitOptions, expectTraining, startFresh } from './open-fit.ts';
import type { FitSettings } from './settings.ts';
import { type Training, restoreTraining } from './training.ts';
import type { Sample } from './units.ts';

export interface NamedFit {
  /** A folder name, unlike all others. */
  readonly name: string;
  readonly settings: FitSettings;
  /** May wait, for acts of another dictionary on the sample. */
  readonly start?: (sample: Sample) => Training | Promise<Training>;
  /** hidden: rebuilds what its encoder reads, also where the others are given another target. */
  readonly target?: 'given' | 'hidden';
}

export type OpenManyOptions = Omit<OpenFitOptions, 'settings' | 'start'> & {
  readonly fits: readonly NamedFit[];
};

export interface OpenedMany {
  readonly trainings: ReadonlyMap<string, Training>;
  /** 0 when nothing was there to resume. */
  readonly resumedAtStep: number;
  /** At every due step one record of each, by name. */
  readonly progress: AsyncGenerator<ReadonlyMap<string, FitProgress>, void, void>;
}

const SOURCE = 'source';

export async function fitMany(options: OpenManyOptions): Promise<OpenedMany> {
  const { kernels, fits, source, folder } = options;
  checkFits(fits);
  const found = await loadLatestCheckpoint(join(folder, SOURCE));
  const trainings: Training[] = [];
  if (found) {
    source.restore(found.checkpoint.source as never);
    for (const fit of fits) {
      const { path, checkpoint } = await loadCheckpointOf(join(folder, fit.name), found.step);
      const state = expectTraining(path, fit.settings, checkpoint.training);
      trainings.push(aimed(fit, restoreTraining(kernels, state)));
    }
  } else {
    trainings.push(...(await startAll(kernels, options)));
  }
  const saveAll = async () => {
    const step = trainings[0].step();
    for (const [i, { name }] of fits.entries()) {
      await saveCheckpoint(join(folder, name), step, { training: trainings[i].state(), source: null });
    }
    await saveCheckpoint(join(folder, SOURCE), step, { training: null, source: source.state() });
  };
  return {
    trainings: new Map(fits.map(({ name }, i) => [name, trainings[i]])),
    resumedAtStep: trainings[0].step(),
    progress: byName(fits, fitTogether({ ...options, trainings, saveCheckpoint: saveAll })),
  };
}

/** All from one sample. */
async function startAll(kernels: Kernels, { fits, source }: OpenManyOptions): Promise<Training[]> {
  const rows = Math.max(...fits.map(({ settings }) => settings.initTokens));
  const sample = await readSample(source, rows, fits[0].settings.hiddenWidth);
  const trainings: Training[] = [];
  for (const fit of fits) {
    const { settings, start = startFresh(kernels, settings), target } = fit;
    const own = target === 'hidden' ? { hidden_ND: sample.hidden_ND } : sample;
    trainings.push(aimed(fit, await start(own)));
  }
  return trainings;
}

function aimed({ target }: NamedFit, training: Training): Training {
  if (target !== 'hidden') return training;
  return {
    ...training,
    advance: (batch, measure) => training.advance(toPair(batch).hidden_BD, measure),
  };
}

async function* byName(
  fits: readonly NamedFit[],
  progress: AsyncGenerator<FitProgress[], void, void>,
): AsyncGenerator<ReadonlyMap<string, FitProgress>, void, void> {
  for await (const records of progress) yield new Map(fits.map(({ name }, i) => [name, records[i]]));
}

function checkFits(fits: readonly NamedFit[]): void {
  const names = new Set(fits.map(({ name }) => name));
  if (fits.length === 0 || names.size < fits.length || names.has(SOURCE)) {
    throw new Error(
      `fits: expected at least one, of different names and none "${SOURCE}", got [${fits.map(({ name }) => name).join(', ')}].`,
    );
  }
  for (const name of ['stepTotal', 'hiddenWidth'] as const) {
    const values = new Set(fits.map(({ settings }) => settings[name]));
    if (values.size === 1) continue;
    throw new Error(
      `${name}: expected the same for all fits on one pass, got ${[...values].join(', ')}. Fit them apart.`,
    );
  }
}
