/**
 * Text -> hidden states -> one hierarchical dictionary, and one of every other kind for every budget, on one pass -> numbers.
 * Each phase is resumable: killed anywhere, it goes on from the last checkpoint and ends with the same weights and rows.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { openBackend, type Backend } from '../../compute/backend.ts';
import { loadConfig, loadModel } from '../../lm/model.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import { comparedPoints, fitNamed, type FittedWeights } from '../train-sae/fit-named.ts';
import { joinMakers, noteMaker, type Maker } from '../train-sae/makers.ts';
import { openHidden } from '../train-sae/hidden-source.ts';
import { openHarvest } from '../train-sae/open-harvest.ts';
import { checkpointsOf, describeBackend, expectSuits, pointsOf } from '../train-sae/pipeline.ts';
import { saveSubject } from '../train-sae/publication.ts';
import { loadTexts, textOptions } from '../train-sae/texts.ts';
import type { Subject, Work } from '../train-sae/work.ts';
import { curveTokens, type BudgetCurveConfig } from './config.ts';
import { evaluateContenders } from './evaluation.ts';
import { contendersOf, fitOf, type Contender } from './fits.ts';
import { planBudgetCurve } from './memory.ts';
import { saveCurve } from './publication.ts';

export type CurveWork = Work<BudgetCurveConfig>;

export interface FittedContender extends Contender, FittedWeights {}

export interface FittedCurve {
  readonly contenders: readonly FittedContender[];
  readonly maker: Maker;
}

export async function budgetCurve(work: CurveWork): Promise<void> {
  const subject = await prepare(work);
  try {
    const fitted = await fitContenders(work, subject);
    const evaluated = await evaluateContenders(work, subject, fitted.contenders);
    await saveCurve(work, subject, fitted, evaluated);
    await rm(checkpointsOf(work.folder), { recursive: true, force: true });
  } finally {
    subject.model.dispose();
  }
}

async function prepare(work: CurveWork): Promise<Subject> {
  const { db, config, settings, report, signal } = work;
  await report.phase({ phase: 'prepare', phaseStep: 0, phaseTotal: 1 });
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const modelFolder = path.resolve(checkout, config.modelFolder);
  const shape = await loadConfig(modelFolder);
  expectSuits(config, shape);
  checkMemory(planBudgetCurve(config, shape, plannedBackend(backend)), readMemoryRoom(backend), work.say);
  const model = await loadModel(modelFolder);
  const texts = await loadTexts(
    config.corpora,
    model.tokenizer,
    path.join(settings.home, 'corpora'),
    async (done, total) => {
      signal.throwIfAborted();
      const device = describeBackend(backend);
      await report.phase({ phase: 'prepare', phaseStep: done, phaseTotal: total, backend: device });
    },
    textOptions(config),
  );
  return { backend, model, texts, saved: await saveSubject(db, model, texts) };
}

async function fitContenders(work: CurveWork, subject: Subject): Promise<FittedCurve> {
  const { config, folder } = work;
  const { backend, model } = subject;
  const maker = joinMakers(await noteMaker(folder, makerHere(backend)));
  const contenders = contendersOf(config);
  const { texts } = subject;
  const { source, cache } = openHidden({
    ...{ config, home: work.settings.home, model, texts, say: work.say },
    wantedTokens: curveTokens(config) + config.bufferTokens,
  });
  try {
    const harvest = openHarvest(config, model, texts.streams, source);
    const fitted = await fitNamed(work, {
      fits: contenders.map((one) => fitOf(one, config, model.config.hiddenWidth)),
      kernels: backend.kernels,
      ...{ harvest, source: harvest },
      every: {
        progressEverySteps: config.reportEverySteps,
        checkpointEverySteps: config.checkpointEverySteps,
      },
      fileOf: (name) => path.join(folder, `${name}.safetensors`),
      factsOf: () => ({ model: model.sha256, hookpoint: config.hookpoint }),
      pointsOf: (name, record) => comparedPoints(name, pointsOf(record)),
    });
    return { contenders: contenders.map((one) => ({ ...one, ...fitted.get(one.name)! })), maker };
  } finally {
    cache?.close();
  }
}

const makerHere = (backend: Backend): Maker => ({
  codeCommit: readCodeCommit(),
  backend: describeBackend(backend),
});
