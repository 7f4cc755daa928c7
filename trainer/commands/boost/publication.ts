/** The phase publish of a boost run: the boost as a dictionary with its base as parent, and the numbers of every method. */
import { nearestRows, type Nearest } from '../../boost/base-cosines.ts';
import { tf } from '../../compute/tf.ts';
import type { Readout } from '../../interp/records.ts';
import { trialSlug, type PassageRecord, type TrialRecord } from '../../interp/trial-records.ts';
import { saveMatches, type MatchRecord } from '../../store/matches.ts';
import { savePassages } from '../../store/passages.ts';
import type { ProvenanceRecord } from '../../store/provenance.ts';
import { publish } from '../../store/publish.ts';
import { saveTrial } from '../../store/trials.ts';
import { describeReading } from '../train-sae/text-config.ts';
import { hashTokenizer, layerOf } from '../train-sae/publication.ts';
import { boostedTokens, type BoostConfig } from './config.ts';
import type { Evaluated } from './evaluation.ts';
import type { Fitted, FittedMethod } from './fitting.ts';
import type { BoostSubject, BoostWork } from './work.ts';

/** Features of the other beside each. */
const NEAREST = 3;

export async function publishBoost(
  work: BoostWork,
  subject: BoostSubject,
  made: { fitted: Fitted; readout: Readout; passages: readonly PassageRecord[] },
): Promise<void> {
  const { db, run, config, report, signal } = work;
  const { base, saved } = subject;
  const publication = {
    ...saved,
    run,
    dictionary: {
      slug: config.slug,
      name: config.name,
      kind: 'batch_topk' as const,
      hookpoint: base.hookpoint,
      layer: layerOf(base.hookpoint),
      width: config.features,
      hiddenWidth: subject.plan.hiddenWidth,
      maxBudget: made.fitted.boost.k,
      parent: config.base,
      domain: config.domain,
    },
    provenance: await provenanceOf(work, subject, made.fitted),
    readout: made.readout,
  };
  const steps = publish(db, publication);
  for (;;) {
    const step = await steps.next();
    if (step.done) {
      const { forward, backward } = matchBase(subject, made.fitted);
      const method = 'decoder_cosine';
      await saveMatches(db, { dictionary: step.value, other: base.id, method }, forward);
      await saveMatches(db, { dictionary: base.id, other: step.value, method }, backward);
      await savePassages(db, { ...saved, dictionary: step.value }, made.passages);
      return;
    }
    signal.throwIfAborted();
    await report.phase({
      phase: 'publish',
      phaseStep: step.value.rowsDone,
      phaseTotal: step.value.rowsTotal,
    });
  }
}

/** Each feature of the boost beside the nearest of the base, and the other way round. */
function matchBase({ dictionary, plan }: BoostSubject, { boost }: Fitted) {
  const rows_ND = tf.tensor2d(boost.decoder_FD, [boost.width, plan.hiddenWidth]);
  const forward = matchesOf(nearestRows(rows_ND, dictionary.decoder_FD, NEAREST));
  const backward = matchesOf(nearestRows(dictionary.decoder_FD, rows_ND, NEAREST));
  rows_ND.dispose();
  return { forward, backward };
}

const matchesOf = (nearest: readonly Nearest[]): MatchRecord[] =>
  nearest.map(({ feature, rank, other, cosine }) => ({ feature, rank, other, value: cosine }));

export async function saveTrials(
  work: BoostWork,
  subject: BoostSubject,
  fitted: Fitted,
  evaluated: ReadonlyMap<string, Evaluated>,
): Promise<void> {
  const { db, run, report } = work;
  const provenance = await provenanceOf(work, subject, fitted);
  for (const [i, method] of fitted.methods.entries()) {
    const trial = trialOf(work.config, subject, method, evaluated.get(method.name) as Evaluated);
    await saveTrial(db, trial, { ...subject.saved, run, provenance, isRecorded: false });
    await report.phase({ phase: 'publish', phaseStep: i + 1, phaseTotal: fitted.methods.length });
  }
}

function trialOf(
  config: BoostConfig,
  { base, model }: BoostSubject,
  { name, adapted, sha256 }: FittedMethod,
  { width, baseCosines, evaluations }: Evaluated,
): TrialRecord {
  const isBase = name === 'base';
  const key = {
    experiment: config.experiment,
    method: name === 'boost' && config.variant !== undefined ? `boost-${config.variant}` : name,
    base: config.base,
    model: model.slug,
    domain: config.domain,
    k: isBase ? base.weights.k : config.k,
    trainTokenCount: isBase ? base.trainTokenCount : boostedTokens(config),
    seed: config.seed,
  };
  const weights = adapted.form === 'whole' ? adapted.weights : (adapted.residuals[0] ?? base.weights);
  return {
    slug: trialSlug(key),
    ...key,
    kind: weights.kind,
    hookpoint: base.hookpoint,
    dictionary: isBase ? config.base : name === 'boost' && config.publish ? config.slug : null,
    width,
    weightsSha256: sha256,
    baseCosines,
    config,
    evaluations,
  };
}

async function provenanceOf(
  { config }: BoostWork,
  { model, texts }: BoostSubject,
  { boostSha256, maker }: Fitted,
): Promise<ProvenanceRecord> {
  const corpora = texts.corpora.map(({ slug, sha256, documentCount, byteCount }) => {
    return { slug, sha256, documentCount, byteCount };
  });
  const read = new Set([config.corpus, ...config.general]);
  return {
    modelSlug: model.slug,
    modelRevision: model.sha256.slice(0, 12),
    modelSha256: model.sha256,
    checkpointSha256: boostSha256,
    trainCorpora: corpora.filter(({ slug }) => slug === config.corpus),
    readCorpora: corpora.filter(({ slug }) => read.has(slug)),
    tokenizer: `byte-level BPE, ${model.tokenizer.vocabSize} tokens, sha256 ${await hashTokenizer(config)}`,
    contextLength: config.contextLength,
    bosPolicy: `${describeReading(config)}; read out on held-out documents`,
    normalisation:
      'hidden states and what the base misses of them each scaled to mean squared norm D for the fit; both scales are folded into the weights',
    ...maker,
    seed: config.seed,
    trainTokenCount: boostedTokens(config),
    readTokenCount: config.readTokens,
    command: commandOf(config),
    config,
  };
}

/** Every setting spelt out, so that a changed default cannot change what is on record. */
function commandOf({ modelFolder, learningRate, publish: isPublished, ...rest }: BoostConfig): string {
  const flags = Object.entries(rest).flatMap(([name, value]) => {
    if (Array.isArray(value) && value.length === 0) return [];
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const text = String(value);
    return [`--${flag} ${/[^\w.,-]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : text}`];
  });
  const rate = learningRate === null ? [] : [`--learning-rate ${learningRate}`];
  return [
    'residua boost',
    `--model ${modelFolder}`,
    ...rate,
    ...flags,
    ...(isPublished ? [] : ['--no-publish']),
  ].join(' ');
}
