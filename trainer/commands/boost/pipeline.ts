/**
 * Domain text -> hidden states -> what the base misses of them -> a boost and its baselines -> numbers -> published pages.
 * Each phase is resumable: killed anywhere, it goes on from the last checkpoint and ends with the same weights and rows.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { openBackend } from '../../compute/backend.ts';
import { loadConfig, loadModel } from '../../lm/model.ts';
import { createDictionary } from '../../sae/dictionary.ts';
import type { PublishedDictionary } from '../dictionary-file.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { checkpointsOf, describeBackend, expectSuits } from '../train-sae/pipeline.ts';
import { saveSubject } from '../train-sae/publication.ts';
import { loadTexts, textOptions } from '../train-sae/texts.ts';
import { compareReading, openBase } from './base.ts';
import { corporaOf, type BoostConfig } from './config.ts';
import { evaluateMethods } from './evaluation.ts';
import { fitMethods } from './fitting.ts';
import { planBoost } from './memory.ts';
import { publishBoost, saveTrials } from './publication.ts';
import { readBoost, readWindows } from './reading.ts';
import type { BoostSubject, BoostWork } from './work.ts';

export async function boost(work: BoostWork): Promise<void> {
  const subject = await prepare(work);
  try {
    const fitted = await fitMethods(work, subject);
    const evaluated = await evaluateMethods(work, subject, fitted);
    if (work.config.publish) {
      const readout = await readBoost(work, subject, fitted);
      const passages = await readWindows(work, subject, fitted);
      await publishBoost(work, subject, { fitted, readout, passages });
    }
    await saveTrials(work, subject, fitted, evaluated);
    await rm(checkpointsOf(work.folder), { recursive: true, force: true });
  } finally {
    subject.dictionary.dispose();
    subject.model.dispose();
  }
}

async function prepare(work: BoostWork): Promise<BoostSubject> {
  const { db, config, settings, report, signal } = work;
  await report.phase({ phase: 'prepare', phaseStep: 0, phaseTotal: 1 });
  const base = await openBase(db, settings.home, config.base);
  const difference = await compareReading(db, config);
  if (difference !== undefined) work.say(difference);
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const modelFolder = path.resolve(checkout, config.modelFolder);
  const shape = await loadConfig(modelFolder);
  expectSuits({ hookpoint: base.hookpoint, contextLength: config.contextLength }, shape);
  checkMemory(planBoost(config, base, shape, plannedBackend(backend)), readMemoryRoom(backend), work.say);
  const model = await loadModel(modelFolder);
  expectModel(base, model.sha256, config);
  const shares = Object.fromEntries(corporaOf(config).map((slug) => [slug, 1]));
  const texts = await loadTexts(
    shares,
    model.tokenizer,
    path.join(settings.home, 'corpora'),
    async (done, total) => {
      signal.throwIfAborted();
      const device = describeBackend(backend);
      await report.phase({ phase: 'prepare', phaseStep: done, phaseTotal: total, backend: device });
    },
    textOptions(config),
  );
  return {
    ...{ backend, model, texts, base, saved: await saveSubject(db, model, texts) },
    dictionary: createDictionary(backend.kernels, base.weights),
    plan: {
      kernels: backend.kernels,
      base: base.weights,
      hiddenWidth: model.config.hiddenWidth,
      features: config.features,
      k: config.k,
      tokens: config.trainTokens,
      batchTokens: config.batchTokens,
      learningRate: config.learningRate ?? undefined,
      encoderDecay: config.encoderDecay,
      seed: config.seed,
    },
  };
}

function expectModel(base: PublishedDictionary, sha256: string, { modelFolder }: BoostConfig): void {
  if (base.modelSha256 === sha256) return;
  throw new Error(
    `${modelFolder}: expected the model of ${base.slug}, ${base.modelSlug} with weights ${base.modelSha256}, got ${sha256}. ` +
      'Name its folder with --model.',
  );
}
