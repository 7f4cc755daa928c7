/** The phase read-out of a boost run: its features on the domain and on general text, and text as base and boost see it. */
import { createAddition } from '../../boost/boosted.ts';
import { readOut } from '../../interp/read-out.ts';
import { readPassages } from '../../interp/read-passages.ts';
import type { Readout } from '../../interp/records.ts';
import type { PassageRecord } from '../../interp/trial-records.ts';
import { createDictionary } from '../../sae/dictionary.ts';
import { WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { readingPhase, reportSteps } from '../train-sae/report-steps.ts';
import { skipFirstOf } from '../train-sae/text-config.ts';
import type { Fitted } from './fitting.ts';
import type { BoostSubject, BoostWork } from './work.ts';

/** Long enough for sense, short enough for a page. */
const PASSAGE_TOKENS = 64;

/** The levels are those of base and boost together; acts, L0 and silent features are the boost's own. */
export async function readBoost(work: BoostWork, subject: BoostSubject, { boost }: Fitted): Promise<Readout> {
  const { config } = work;
  const { model, base, texts, dictionary } = subject;
  const residual = createDictionary(subject.backend.kernels, boost);
  try {
    const steps = readOut({
      model,
      tokenizer: model.tokenizer,
      dictionary: createAddition(dictionary, residual),
      hookpoint: base.hookpoint,
      // Equal parts of each, so that where a feature fires can be told from how much text there is.
      texts: texts.evaluation.filter(
        ({ corpus }) => corpus === config.corpus || config.general.includes(corpus),
      ),
      budgets: config.k < boost.k ? [config.k, boost.k] : [boost.k],
      windowLength: config.contextLength,
      tokenCount: config.readTokens,
      ceTokenCount: config.metricTokens,
      skipFirst: skipFirstOf(config),
      specialTokens: specialTokens(model),
      maxNormRatio: config.maxNormRatio,
      windowsPerBatch: WINDOWS_PER_BATCH,
      seed: config.seed,
    });
    return await reportSteps(work, steps, readingPhase);
  } finally {
    residual.dispose();
  }
}

export async function readWindows(
  work: BoostWork,
  subject: BoostSubject,
  { boost }: Fitted,
): Promise<PassageRecord[]> {
  const { config } = work;
  const { model, base, texts, dictionary } = subject;
  if (config.passages === 0) return [];
  const residual = createDictionary(subject.backend.kernels, boost);
  try {
    const steps = readPassages({
      model,
      base: dictionary,
      residual,
      hookpoint: base.hookpoint,
      text: texts.evaluation.filter(({ corpus }) => corpus === config.corpus)[0],
      tokenCount: config.metricTokens,
      windowLength: Math.min(PASSAGE_TOKENS, config.contextLength),
      skipFirst: skipFirstOf(config),
      specialTokens: specialTokens(model),
      maxNormRatio: config.maxNormRatio,
      passages: config.passages,
    });
    return await reportSteps(work, steps, (step) => readingPhase({ ...step, phase: 'passages' }));
  } finally {
    residual.dispose();
  }
}
