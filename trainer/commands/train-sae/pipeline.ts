/**
 * Text -> hidden states -> dictionary -> records -> published pages: the phases of a train-sae run, each resumable.
 * Killed anywhere, it goes on from the last checkpoint, reads out the same records and writes the same rows.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { openBackend, type Backend } from '../../compute/backend.ts';
import type { CacheStats } from '../../harvest/cache/cached-source.ts';
import type { Harvest } from '../../harvest/harvest.ts';
import { readOut } from '../../interp/read-out.ts';
import type { Readout } from '../../interp/records.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { hookpointWidth, listHookpoints } from '../../lm/hookpoints.ts';
import { loadConfig, loadModel, type LanguageModel } from '../../lm/model.ts';
import { finishWeights } from '../../sae/calibrate.ts';
import { fitSettings } from '../../sae/defaults.ts';
import { createDictionary, type DictionaryWeights } from '../../sae/dictionary.ts';
import { loadDictionary, saveDictionary } from '../../sae/format.ts';
import type { FitProgress } from '../../sae/fit.ts';
import { openFit } from '../../sae/open-fit.ts';
import type { FitSettings } from '../../sae/settings.ts';
import type { Training } from '../../sae/training.ts';
import { checkout } from '../settings.ts';
import { checkDisk, checkMemory, plannedBackend, readMemoryRoom } from '../memory-plan.ts';
import { trainedTokens, WINDOWS_PER_BATCH } from './config.ts';
import type { TrainSaeConfig } from './config.ts';
import { readCodeCommit } from './code-commit.ts';
import { openHidden } from './hidden-source.ts';
import { discardJournal, openJournal } from './journal-file.ts';
import { joinMakers, loadMakers, noteMaker, type Maker } from './makers.ts';
import { diskBytes, planTrainSae } from './memory.ts';
import { openHarvest, specialTokens } from './open-harvest.ts';
import { publishReadout, saveSubject } from './publication.ts';
import { readingPhase, reportSteps } from './report-steps.ts';
import { createSpeedometer } from './speeds.ts';
import { skipFirstOf } from './text-config.ts';
import { loadTexts, textOptions } from './texts.ts';
import type { Subject, Work } from './work.ts';

export async function trainSae(work: Work): Promise<void> {
  const subject = await prepare(work);
  try {
    const { weights, ...fitted } = await fitDictionary(work, subject);
    const readout = await readDictionary(work, subject, weights, fitted.sha256);
    await publishReadout(work, subject, { readout, ...fitted, maxBudget: weights.k });
    await rm(checkpointsOf(work.folder), { recursive: true, force: true });
    discardJournal(work.folder);
  } finally {
    subject.model.dispose();
  }
}

async function prepare(work: Work): Promise<Subject> {
  const { db, config, settings, report, signal } = work;
  await report.phase({ phase: 'prepare', phaseStep: 0, phaseTotal: 1 });
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const modelFolder = path.resolve(checkout, config.modelFolder);
  const shape = await loadConfig(modelFolder);
  expectSuits(config, shape);
  checkRoom(work, backend, shape);
  const model = await loadModel(modelFolder);
  const device = describeBackend(backend);
  const texts = await loadTexts(
    config.corpora,
    model.tokenizer,
    path.join(settings.home, 'corpora'),
    async (done, total) => {
      signal.throwIfAborted();
      await report.phase({ phase: 'prepare', phaseStep: done, phaseTotal: total, backend: device });
    },
    textOptions(config),
  );
  return { backend, model, texts, saved: await saveSubject(db, model, texts) };
}

export const describeBackend = ({ name, device, threads }: Backend): string =>
  `${name} (${device}, ${threads} threads)`;

/** What only the model can tell of a config. */
export function expectSuits(
  { hookpoint, contextLength }: Pick<TrainSaeConfig, 'hookpoint' | 'contextLength'>,
  model: DecoderConfig,
): void {
  const known = listHookpoints(model);
  if (!known.includes(hookpoint)) {
    throw new Error(
      `hookpoint: expected one of ${known.join(', ')}, got "${hookpoint}". Choose one of these.`,
    );
  }
  if (hookpointWidth(hookpoint, model) !== model.hiddenWidth) {
    throw new Error(
      `hookpoint: expected a place as wide as the residual stream (${model.hiddenWidth}), got ${hookpoint}, which is ` +
        `${hookpointWidth(hookpoint, model)} wide in this model. Choose attention.out, which it is turned into.`,
    );
  }
  if (contextLength > model.contextLength) {
    throw new Error(
      `contextLength: expected at most the ${model.contextLength} tokens the model reads, got ${contextLength}. ` +
        'Choose a shorter context.',
    );
  }
}

/** Before anything large is allocated. */
function checkRoom({ config, folder, say }: Work, backend: Backend, model: DecoderConfig): void {
  checkMemory(planTrainSae(config, model, plannedBackend(backend)), readMemoryRoom(backend), say);
  // A run that goes on has its checkpoints on the disk already.
  if (!existsSync(checkpointsOf(folder))) checkDisk(folder, diskBytes(config, model), say);
}

export const checkpointsOf = (folder: string): string => path.join(folder, 'checkpoints');

interface Fitted {
  readonly weights: DictionaryWeights;
  readonly sha256: string;
  readonly maker: Maker;
}

/** The finished dictionary's file is the record that this phase is over. */
async function fitDictionary(work: Work, subject: Subject): Promise<Fitted> {
  const { config, folder } = work;
  const file = path.join(folder, 'dictionary.safetensors');
  const here = { codeCommit: readCodeCommit(), backend: describeBackend(subject.backend) };
  const finished = await loadFinished(file, path.basename(folder));
  if (finished) {
    const makers = await loadMakers(folder);
    return { ...finished, maker: makers.length > 0 ? joinMakers(makers) : here };
  }

  const maker = joinMakers(await noteMaker(folder, here));
  const { source, cache } = openHidden({
    ...{ config, home: work.settings.home, model: subject.model, texts: subject.texts, say: work.say },
    wantedTokens: trainedTokens(config) + config.bufferTokens,
  });
  try {
    const harvest = openHarvest(config, subject.model, subject.texts.streams, source);
    const training = await fitHarvest(work, subject, harvest, () => cache?.stats());
    const weights = await finishWeights(subject.backend.kernels, training, harvest);
    const { sha256 } = await saveDictionary(file, weights, {
      model: subject.model.sha256,
      hookpoint: config.hookpoint,
    });
    training.dispose();
    return { weights, sha256, maker };
  } finally {
    // Also when stopped: what the model has read so far is there for the next.
    cache?.close();
  }
}

async function fitHarvest(
  work: Work,
  subject: Subject,
  harvest: Harvest,
  cacheStats: () => CacheStats | undefined,
): Promise<Training> {
  const { config, folder, report, signal } = work;
  const settings = settingsOf(config, subject.model);
  const checkpoints = checkpointsOf(folder);
  // A resumed run brings its shuffle buffer along: there is nothing to collect first.
  if (!existsSync(checkpoints)) await fillBuffer(work, harvest, settings.stepTotal);
  const now = () => performance.now();
  const { training, progress } = await openFit({
    kernels: subject.backend.kernels,
    settings,
    source: harvest,
    folder: checkpoints,
    now,
    progressEverySteps: config.reportEverySteps,
    checkpointEverySteps: config.checkpointEverySteps,
  });
  const speeds = createSpeedometer({ timing: harvest.timing, cacheStats, now }, training.tokens());
  for await (const record of progress) {
    signal.throwIfAborted();
    await report.points([...pointsOf(record), ...speeds.points(record.step, record.tokens)]);
    await report.phase({
      phase: 'train',
      phaseStep: record.step,
      phaseTotal: record.stepTotal,
      step: record.step,
      stepTotal: record.stepTotal,
    });
  }
  return training;
}

/** Undefined where no fit has finished. */
async function loadFinished(file: string, run: string): Promise<Omit<Fitted, 'maker'> | undefined> {
  try {
    const { weights, sha256 } = await loadDictionary(file);
    return { weights, sha256 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(
      `The finished dictionary of this run cannot be read: ${(error as Error).message} Or delete ${file}; then ` +
        `residua retry ${run} goes on from the last checkpoint.`,
      { cause: error },
    );
  }
}

function settingsOf(config: TrainSaeConfig, model: LanguageModel): FitSettings {
  return fitSettings({
    kind: config.kind,
    hiddenWidth: model.config.hiddenWidth,
    tokens: config.trainTokens,
    batchTokens: config.batchTokens,
    width: config.features,
    k: config.k,
    learningRate: config.learningRate ?? undefined,
    seed: config.seed,
    sparsityLoss: config.sparsityLoss,
    sparsityCoefficient: config.sparsityCoefficient,
  });
}

export async function fillBuffer(
  { report, signal }: Pick<Work, 'report' | 'signal'>,
  harvest: Harvest,
  stepTotal: number,
): Promise<void> {
  for (const { done, total } of harvest.fill()) {
    signal.throwIfAborted();
    await report.phase({ phase: 'harvest', phaseStep: done, phaseTotal: total, step: 0, stepTotal });
  }
}

export function pointsOf(record: FitProgress): { name: string; step: number; value: number }[] {
  const { step } = record;
  const values = {
    loss: record.loss,
    explainedVariance: record.explainedVariance,
    l0: record.l0,
    deadFraction: record.deadFraction,
    auxLoss: record.auxLoss,
    ...(record.sparsityLoss > 0 && { sparsityLoss: record.sparsityLoss }),
    learningRate: record.learningRate,
    tokens: record.tokens,
    tokensPerSecond: record.tokensPerSecond,
  };
  return Object.entries(values).map(([name, value]) => ({ name, step, value }));
}

async function readDictionary(
  work: Work,
  subject: Subject,
  weights: DictionaryWeights,
  sha256: string,
): Promise<Readout> {
  const { config } = work;
  const dictionary = createDictionary(subject.backend.kernels, weights);
  const journal = openJournal(work.folder, sha256);
  try {
    const reading = readOut({
      model: subject.model,
      tokenizer: subject.model.tokenizer,
      dictionary,
      hookpoint: config.hookpoint,
      texts: subject.texts.evaluation,
      // JumpReLU may end with more acts than it aimed at, and then with a higher cap.
      budgets: [...config.budgets.filter((budget) => budget < weights.k), weights.k],
      windowLength: config.contextLength,
      tokenCount: config.readTokens,
      ceTokenCount: config.metricTokens,
      skipFirst: skipFirstOf(config),
      specialTokens: specialTokens(subject.model),
      maxNormRatio: config.maxNormRatio,
      windowsPerBatch: WINDOWS_PER_BATCH,
      seed: config.seed,
      journal,
    });
    return await reportSteps(work, reading, readingPhase);
  } finally {
    journal.close();
    dictionary.dispose();
  }
}
