/** The phase evaluate of a boost run: every method on every corpus, at the base's full budget. */
import { openAdapted } from '../../boost/methods.ts';
import { cosineHistogram, nearestRows } from '../../boost/base-cosines.ts';
import { evaluateMany } from '../../interp/evaluate-on.ts';
import type { EvaluationRecord } from '../../interp/trial-records.ts';
import { WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/open-harvest.ts';
import { reportSteps } from '../train-sae/report-steps.ts';
import { skipFirstOf } from '../train-sae/text-config.ts';
import type { Fitted, FittedMethod } from './fitting.ts';
import type { BoostSubject, BoostWork } from './work.ts';

export interface Evaluated {
  /** Features of its own, those of the base not counted. */
  readonly width: number;
  readonly baseCosines: readonly number[];
  readonly evaluations: readonly EvaluationRecord[];
}

/** By method. */
export async function evaluateMethods(
  work: BoostWork,
  subject: BoostSubject,
  { methods }: Fitted,
): Promise<ReadonlyMap<string, Evaluated>> {
  const readings = methods.map(({ adapted }) =>
    openAdapted(subject.backend.kernels, subject.dictionary, adapted),
  );
  try {
    const evaluations: EvaluationRecord[][] = methods.map(() => []);
    for (const c of subject.texts.evaluation.keys()) {
      const records = await evaluateText(work, subject, readings, c);
      records.forEach((record, m) => evaluations[m].push(record));
    }
    return new Map(
      methods.map((method, m) => [
        method.name,
        { ...describeRows(subject, method, readings[m]), evaluations: evaluations[m] },
      ]),
    );
  } finally {
    for (const reading of readings) reading.dispose();
  }
}

type Reading = ReturnType<typeof openAdapted>;

/** All methods on the same text, at the base's full budget. */
async function evaluateText(
  work: BoostWork,
  { model, base, texts }: BoostSubject,
  readings: readonly Reading[],
  c: number,
): Promise<EvaluationRecord[]> {
  const { config } = work;
  const steps = evaluateMany({
    model,
    dictionaries: readings.map((reading) => ({
      dictionary: reading,
      ownFrom: reading.ownFrom,
      isResidual: reading.isResidual,
      budgets: [reading.k],
    })),
    hookpoint: base.hookpoint,
    text: texts.evaluation[c],
    windowLength: config.contextLength,
    tokenCount: config.evaluateTokens,
    ceTokenCount: config.metricTokens,
    skipFirst: skipFirstOf(config),
    specialTokens: specialTokens(model),
    maxNormRatio: config.maxNormRatio,
    windowsPerBatch: WINDOWS_PER_BATCH,
  });
  const evaluated = await reportSteps(work, steps, ({ done, total }) => ({
    phase: 'evaluate',
    phaseStep: c * total + done,
    phaseTotal: texts.evaluation.length * total,
  }));
  return evaluated.map(([record]) => ({ ...record, budget: base.weights.k }));
}

/** The base has no row nearer to itself than itself: no cosines. */
function describeRows(
  { dictionary }: BoostSubject,
  { name }: FittedMethod,
  { decoder_FD, ownFrom, width }: Reading,
): Pick<Evaluated, 'width' | 'baseCosines'> {
  if (name === 'base') return { width, baseCosines: [] };
  const own_ND = decoder_FD.slice([ownFrom, 0], [width - ownFrom, -1]);
  const nearest = nearestRows(own_ND, dictionary.decoder_FD, 1);
  own_ND.dispose();
  return { width: width - ownFrom, baseCosines: cosineHistogram(nearest.map(({ cosine }) => cosine)) };
}
