/** The phases harvest and train of a boost run: every method that learns, on one pass over the domain's hidden states. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { type Adapted, type MethodName, methodOf, openFits } from '../../boost/methods.ts';
import { createResidualSource } from '../../boost/residual-source.ts';
import { createHarvest } from '../../harvest/harvest.ts';
import { finishWeights } from '../../sae/calibrate.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import { loadDictionary, saveDictionary } from '../../sae/format.ts';
import type { FitProgress } from '../../sae/fit.ts';
import { fitMany, type NamedFit } from '../../sae/fit-many.ts';
import type { MetricPoint } from '../../store/metric-points.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import { SEQUENCES_PER_BATCH, SKIP_FIRST } from '../train-sae/config.ts';
import { joinMakers, noteMaker, type Maker } from '../train-sae/makers.ts';
import {
  checkpointsOf,
  describeBackend,
  fillBuffer,
  pointsOf,
  specialTokens,
} from '../train-sae/pipeline.ts';
import type { BoostSubject, BoostWork } from './work.ts';

export interface FittedMethod {
  readonly name: MethodName;
  readonly adapted: Adapted;
  /** Of the weights that were fitted; the base's where none were. */
  readonly sha256: string;
}

export interface Fitted {
  readonly methods: readonly FittedMethod[];
  readonly boost: DictionaryWeights;
  readonly boostSha256: string;
  readonly maker: Maker;
}

interface FittedWeights {
  readonly weights: DictionaryWeights;
  readonly sha256: string;
}

/** Finished dictionaries' files are the record that this phase is over. */
export async function fitMethods(work: BoostWork, subject: BoostSubject): Promise<Fitted> {
  const { config, folder, say } = work;
  const names = config.methods.filter((name) => {
    const reason = methodOf(name).refuse(subject.base.weights);
    if (reason !== null) say(`${name} is left out: of ${config.base}, ${reason}`);
    return reason === null;
  });
  const here = { codeCommit: readCodeCommit(), backend: describeBackend(subject.backend) };
  const maker = joinMakers(await noteMaker(folder, here));
  const fits = openFits(subject.plan, names);
  const before = hashWeights(subject.base.weights);
  const fitted = (await loadAll(folder, fits)) ?? (await fitAll(work, subject, fits));
  if (hashWeights(subject.base.weights) !== before) {
    throw new Error(
      `The weights of ${config.base} changed while it was boosted: this is a defect, nothing was published.`,
    );
  }
  const methods = names.map((name): FittedMethod => {
    const method = methodOf(name);
    const own = method.fit === null ? null : (fitted.get(method.fit) as FittedWeights);
    const adapted = method.finish(subject.plan, own?.weights ?? null);
    return { name, adapted, sha256: own?.sha256 ?? subject.base.sha256 };
  });
  const { weights, sha256 } = fitted.get('boost') as FittedWeights;
  return { methods, boost: weights, boostSha256: sha256, maker };
}

/** The boost is the run's dictionary; the others lie beside it. */
const fileOf = (folder: string, fit: string) =>
  path.join(folder, fit === 'boost' ? 'dictionary.safetensors' : `${fit}.safetensors`);

async function loadAll(
  folder: string,
  fits: readonly NamedFit[],
): Promise<Map<string, FittedWeights> | null> {
  if (!fits.every(({ name }) => existsSync(fileOf(folder, name)))) return null;
  return new Map(
    await Promise.all(
      fits.map(async ({ name }) => [name, await loadDictionary(fileOf(folder, name))] as const),
    ),
  );
}

async function fitAll(
  work: BoostWork,
  subject: BoostSubject,
  fits: readonly NamedFit[],
): Promise<Map<string, FittedWeights>> {
  const { config, folder, report, signal } = work;
  const { backend, base, model } = subject;
  const checkpoints = checkpointsOf(folder);
  await mkdir(folder, { recursive: true });
  const harvest = openHarvest(work, subject);
  // A resumed run brings its shuffle buffer along: there is nothing to collect first.
  if (!existsSync(checkpoints)) await fillBuffer(work, harvest, fits[0].settings.stepTotal);
  const source = createResidualSource(harvest, subject.dictionary);
  const { trainings, progress } = await fitMany({
    kernels: backend.kernels,
    fits,
    source,
    folder: checkpoints,
    now: () => performance.now(),
    progressEverySteps: config.reportEverySteps,
    checkpointEverySteps: config.checkpointEverySteps,
  });
  for await (const records of progress) {
    signal.throwIfAborted();
    await report.points([...records].flatMap(([name, record]) => pointsOfMethod(name, record)));
    const { step, stepTotal } = records.get('boost') as FitProgress;
    await report.phase({ phase: 'train', phaseStep: step, phaseTotal: stepTotal, step, stepTotal });
  }
  const fitted = new Map<string, FittedWeights>();
  const state = source.state() as never;
  for (const [name, training] of trainings) {
    source.restore(state); // all are calibrated on the same rows
    const weights = await finishWeights(backend.kernels, training, source);
    const facts = { model: model.sha256, hookpoint: base.hookpoint, base: base.sha256, method: name };
    const { sha256 } = await saveDictionary(fileOf(folder, name), weights, facts);
    fitted.set(name, { weights, sha256 });
    training.dispose();
  }
  return fitted;
}

function openHarvest({ config }: BoostWork, { model, texts, base }: BoostSubject) {
  return createHarvest({
    model,
    hookpoint: base.hookpoint,
    streams: texts.streams.filter(({ corpus }) => corpus === config.corpus),
    contextLength: config.contextLength,
    sequencesPerBatch: SEQUENCES_PER_BATCH,
    bufferTokens: config.bufferTokens,
    batchTokens: config.batchTokens,
    seed: config.seed,
    skipFirst: SKIP_FIRST,
    specialTokens: specialTokens(model),
    now: () => performance.now(),
  });
}

/** The curves of a baseline; what all share and nobody compares is left out. */
const COMPARED = ['loss', 'explainedVariance', 'l0', 'deadFraction'];

/** The boost's curves have the names those of any dictionary have. */
function pointsOfMethod(name: string, record: FitProgress): MetricPoint[] {
  const points = pointsOf(record);
  if (name === 'boost') return points;
  return points
    .filter((point) => COMPARED.includes(point.name))
    .map((point) => ({ ...point, name: `${name}/${point.name}` }));
}

function hashWeights({ encoder_FD, encoderBias_F, decoder_FD, decoderBias_D }: DictionaryWeights): string {
  const hash = createHash('sha256');
  for (const values of [encoder_FD, encoderBias_F, decoder_FD, decoderBias_D]) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
