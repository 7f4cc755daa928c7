/**
 * Files of others -> a dictionary of ours, checked -> records -> published pages. Killed anywhere, it goes on from what
 * was taken in, reads out the same records and writes the same rows.
 */
import path from 'node:path';

import { openBackend } from '../../compute/backend.ts';
import { MAX_ACTS } from '../../interp/act-table.ts';
import { readOut } from '../../interp/read-out.ts';
import type { Readout } from '../../interp/records.ts';
import { loadModel } from '../../lm/model.ts';
import { createDictionary } from '../../sae/dictionary.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { budgetsUpTo, WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { discardJournal, openJournal } from '../train-sae/journal-file.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { describeBackend } from '../train-sae/pipeline.ts';
import { readingPhase, reportSteps } from '../train-sae/report-steps.ts';
import { saveSubject } from '../train-sae/publication.ts';
import { loadTexts, textOptions } from '../train-sae/texts.ts';
import { percent } from './judge.ts';
import { planImport } from './memory.ts';
import { publishImport } from './publication.ts';
import { joinTexts, openReading } from './reading.ts';
import { takeIn } from './take-in.ts';
import type { ImportSubject, ImportWork, TakenIn } from './work.ts';

export async function importRun(work: ImportWork): Promise<void> {
  const subject = await prepare(work);
  try {
    const taken = await takeIn(work, subject);
    tell(work, taken);
    const readout = await readImported(work, subject, taken);
    const saved = await saveSubject(work.db, subject.model, subject.texts);
    await publishImport(work, { ...subject, saved }, { taken, readout });
    discardJournal(work.folder);
  } finally {
    subject.model.dispose();
  }
}

async function prepare({ config, settings, report, signal }: ImportWork): Promise<ImportSubject> {
  await report.phase({ phase: 'prepare', phaseStep: 0, phaseTotal: 1 });
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const model = await loadModel(path.resolve(checkout, config.modelFolder));
  const texts = await loadTexts(
    config.corpora,
    model.tokenizer,
    path.join(settings.home, 'corpora'),
    async (done, total) => {
      signal.throwIfAborted();
      const device = describeBackend(backend);
      await report.phase({ phase: 'prepare', phaseStep: done, phaseTotal: total, backend: device });
    },
    textOptions({ contextLength: config.contextLength, packing: config.packing }),
  );
  const readable = config.split === 'held-out' ? texts.evaluation : joinTexts(texts);
  return { backend, model, texts, readable };
}

function tell({ say }: ImportWork, { weights, facts }: TakenIn): void {
  const { source, measured, hookpoint, objections } = facts;
  say(
    `${source.format}: ${weights.kind}, ${weights.width} features of width ${weights.hiddenWidth} at ${hookpoint}; on ` +
      `${measured.tokenCount} tokens it explains ${percent(measured.explainedVariance)} with ${measured.l0.toFixed(1)} acts each`,
  );
  for (const note of source.notes) say(`  ${note}`);
  for (const objection of objections) say(`  unchecked: ${objection}`);
}

async function readImported(
  work: ImportWork,
  { backend, model, readable }: ImportSubject,
  { weights, sha256, facts }: TakenIn,
): Promise<Readout> {
  const { config, say } = work;
  const acts = Math.min(weights.k, Math.max(1, facts.measured.l0));
  const tokenCount = Math.min(config.readTokens, mostTokens(acts));
  if (tokenCount < config.readTokens) {
    say(
      `reads ${tokenCount} tokens, not ${config.readTokens}: more acts than ${MAX_ACTS} are not held at once`,
    );
  }
  const reading = openReading(model, config, facts.hasBos);
  const budgets = budgetsUpTo(weights.k);
  checkMemory(
    planImport(
      {
        ...{ features: weights.width, k: Math.ceil(acts), budgets, readTokens: tokenCount },
        ...{ hookpoint: facts.hookpoint, contextLength: reading.windowLength, corpora: config.corpora },
      },
      model.config,
      plannedBackend(backend),
    ),
    readMemoryRoom(backend),
    say,
  );
  const dictionary = createDictionary(backend.kernels, weights);
  const journal = openJournal(work.folder, sha256);
  try {
    const steps = readOut({
      model: reading.model,
      tokenizer: model.tokenizer,
      dictionary,
      hookpoint: facts.hookpoint,
      texts: readable,
      budgets,
      windowLength: reading.windowLength,
      tokenCount,
      ceTokenCount: config.metricTokens,
      skipFirst: reading.skipFirst,
      specialTokens: specialTokens(model),
      windowsPerBatch: WINDOWS_PER_BATCH,
      seed: config.seed,
      journal,
    });
    return await reportSteps(work, steps, readingPhase);
  } finally {
    journal.close();
    dictionary.dispose();
  }
}

/** Of so many acts each, with a tenth to spare: some text has more than what the self-check saw. */
const mostTokens = (acts: number): number => Math.floor((0.9 * MAX_ACTS) / acts);
