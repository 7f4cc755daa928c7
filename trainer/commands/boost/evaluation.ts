/** The phase evaluate of a boost run: every method on every corpus, at the base's full budget. */
import { openAdapted } from '../../boost/methods.ts';
import { cosineHistogram, nearestRows } from '../../boost/base-cosines.ts';
import { evaluateOn } from '../../interp/evaluate-on.ts';
import type { EvaluationRecord } from '../../interp/trial-records.ts';
import { SKIP_FIRST, WINDOWS_PER_BATCH } from '../train-sae/config.ts';
import { specialTokens } from '../train-sae/pipeline.ts';
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
  const { texts } = subject;
  const evaluated = new Map<string, Evaluated>();
  for (const [m, method] of methods.entries()) {
    const reading = openAdapted(subject.backend.kernels, subject.dictionary, method.adapted);
    try {
      const evaluations: EvaluationRecord[] = [];
      for (const [c, text] of texts.evaluation.entries()) {
        const { length } = texts.evaluation;
        await work.report.phase({
          phase: 'evaluate',
          phaseStep: m * length + c,
          phaseTotal: methods.length * length,
        });
        evaluations.push(await evaluateText(work, subject, reading, text));
      }
      evaluated.set(method.name, { ...describeRows(subject, method, reading), evaluations });
    } finally {
      reading.dispose();
    }
  }
  return evaluated;
}

type Reading = ReturnType<typeof openAdapted>;

async function evaluateText(
  { config, signal }: BoostWork,
  { model, base, texts: _ }: BoostSubject,
  reading: Reading,
  text: BoostSubject['texts']['evaluation'][number],
): Promise<EvaluationRecord> {
  const steps = evaluateOn({
    model,
    dictionary: reading,
    ownFrom: reading.ownFrom,
    isResidual: reading.isResidual,
    hookpoint: base.hookpoint,
    text,
    budget: base.weights.k,
    windowLength: config.contextLength,
    tokenCount: config.evaluateTokens,
    ceTokenCount: config.metricTokens,
    skipFirst: SKIP_FIRST,
    specialTokens: specialTokens(model),
    windowsPerBatch: WINDOWS_PER_BATCH,
  });
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    signal.throwIfAborted();
  }
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
