/** The numbers of a budget curve in the database: one trial for every dictionary. */
import { trialSlug, type EvaluationRecord, type TrialRecord } from '../../interp/trial-records.ts';
import type { ProvenanceRecord } from '../../store/provenance.ts';
import { saveTrial } from '../../store/trials.ts';
import { hashTokenizer } from '../train-sae/publication.ts';
import { describeReading } from '../train-sae/text-config.ts';
import type { Subject } from '../train-sae/work.ts';
import { curveTokens, type BudgetCurveConfig } from './config.ts';
import type { CurveWork, FittedContender, FittedCurve } from './pipeline.ts';

export async function saveCurve(
  { db, run, config, report }: CurveWork,
  subject: Subject,
  { contenders, maker }: FittedCurve,
  evaluated: readonly EvaluationRecord[][],
): Promise<void> {
  // One record for all: the weights of each are named by its trial.
  const provenance = {
    ...(await provenanceOf(config, subject)),
    checkpointSha256: contenders[0].sha256,
    ...maker,
  };
  for (const [i, contender] of contenders.entries()) {
    const trial = trialOf(config, subject, contender, evaluated[i]);
    await saveTrial(db, trial, { ...subject.saved, run, provenance, isRecorded: false });
    await report.phase({ phase: 'publish', phaseStep: i + 1, phaseTotal: contenders.length });
  }
}

function trialOf(
  config: BudgetCurveConfig,
  { model }: Subject,
  { kind, k, weights, sha256 }: FittedContender,
  evaluations: readonly EvaluationRecord[],
): TrialRecord {
  const key = {
    experiment: config.experiment,
    method: kind,
    base: null,
    model: model.slug,
    domain: null,
    k,
    trainTokenCount: curveTokens(config),
    seed: config.seed,
  };
  return {
    slug: trialSlug(key),
    ...key,
    kind: weights.kind,
    hookpoint: config.hookpoint,
    dictionary: null,
    width: weights.width,
    weightsSha256: sha256,
    baseCosines: [],
    config,
    evaluations,
  };
}

async function provenanceOf(
  config: BudgetCurveConfig,
  { model, texts }: Subject,
): Promise<Omit<ProvenanceRecord, 'checkpointSha256' | 'codeCommit' | 'backend'>> {
  const corpora = texts.corpora.map(({ slug, sha256, documentCount, byteCount }) => {
    return { slug, sha256, documentCount, byteCount };
  });
  return {
    modelSlug: model.slug,
    modelRevision: model.sha256.slice(0, 12),
    modelSha256: model.sha256,
    trainCorpora: corpora,
    readCorpora: corpora,
    tokenizer: `byte-level BPE, ${model.tokenizer.vocabSize} tokens, sha256 ${await hashTokenizer(config)}`,
    contextLength: config.contextLength,
    bosPolicy: `${describeReading(config)}; evaluated on held-out documents`,
    normalisation:
      'hidden states scaled to mean squared norm D for the fits; the scale is folded into the weights',
    seed: config.seed,
    trainTokenCount: curveTokens(config),
    readTokenCount: config.evaluateTokens,
    command: commandOf(config),
    config,
  };
}

/** Every setting spelt out, so that a changed default cannot change what is on record. */
function commandOf({ modelFolder, corpora, learningRate, name, ...rest }: BudgetCurveConfig): string {
  const flags = Object.entries(rest).map(([flag, value]) => {
    return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(value)}`;
  });
  const shares = Object.entries(corpora).map(([slug, share]) => `${slug}=${share}`);
  return [
    'residua budget-curve',
    `--name '${name.replaceAll("'", `'\\''`)}'`,
    `--model ${modelFolder}`,
    `--corpora ${shares.join(',')}`,
    ...(learningRate === null ? [] : [`--learning-rate ${learningRate}`]),
    ...flags,
  ].join(' ');
}
