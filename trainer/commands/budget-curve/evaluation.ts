/** The phase evaluate of a budget curve: every dictionary on every corpus at its budgets, the text read once for all. */
import { evaluateMany } from '../../interp/evaluate-on.ts';
import type { EvaluationRecord } from '../../interp/trial-records.ts';
import { createDictionary } from '../../sae/dictionary.ts';
import { WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { reportSteps } from '../train-sae/report-steps.ts';
import { skipFirstOf } from '../train-sae/text-config.ts';
import type { Subject } from '../train-sae/work.ts';
import { readerOf, type Reader } from './fits.ts';
import type { CurveWork, FittedContender } from './pipeline.ts';

/** By contender. */
export async function evaluateContenders(
  work: CurveWork,
  subject: Subject,
  contenders: readonly FittedContender[],
): Promise<readonly EvaluationRecord[][]> {
  const readers = contenders.map((one) => readerOf(one, one.weights, work.config.budgets));
  const dictionaries = readers.map(({ weights }) => createDictionary(subject.backend.kernels, weights));
  const evaluations: EvaluationRecord[][] = contenders.map(() => []);
  try {
    for (const c of subject.texts.evaluation.keys()) {
      const records = await evaluateText(work, subject, { readers, dictionaries, c });
      records.forEach((levels, i) =>
        evaluations[i].push(
          ...levels.map((record, level) => ({ ...record, budget: readers[i].recorded[level] })),
        ),
      );
    }
  } finally {
    for (const dictionary of dictionaries) dictionary.dispose();
  }
  return evaluations;
}

interface Reading {
  readonly readers: readonly Reader[];
  readonly dictionaries: readonly ReturnType<typeof createDictionary>[];
  /** Which text. */
  readonly c: number;
}

async function evaluateText(
  work: CurveWork,
  { model, texts }: Subject,
  { readers, dictionaries, c }: Reading,
): Promise<EvaluationRecord[][]> {
  const { config } = work;
  const steps = evaluateMany({
    model,
    dictionaries: dictionaries.map((dictionary, i) => ({
      ...{ dictionary, ownFrom: 0, isResidual: false },
      budgets: readers[i].budgets,
    })),
    hookpoint: config.hookpoint,
    text: texts.evaluation[c],
    windowLength: config.contextLength,
    tokenCount: config.evaluateTokens,
    ceTokenCount: config.metricTokens,
    skipFirst: skipFirstOf(config),
    specialTokens: specialTokens(model),
    maxNormRatio: config.maxNormRatio,
    windowsPerBatch: WINDOWS_PER_BATCH,
  });
  const { corpus } = texts.evaluation[c];
  return reportSteps(work, steps, ({ phase, done, total }) => ({
    phase: `evaluate ${corpus}: ${phase}`,
    phaseStep: done,
    phaseTotal: total,
  }));
}
