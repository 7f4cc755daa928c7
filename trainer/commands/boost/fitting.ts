/** The phases harvest and train of a boost run: every method that learns, on one pass over the domain's hidden states. */
import { createHash } from 'node:crypto';
import path from 'node:path';

import { type Adapted, type MethodName, methodOf, openFits } from '../../boost/methods.ts';
import { createResidualSource } from '../../boost/residual-source.ts';
import type { DictionaryWeights } from '../../sae/dictionary.ts';
import type { NamedFit } from '../../sae/fit-many.ts';
import { readCodeCommit } from '../train-sae/code-commit.ts';
import { comparedPoints, fitNamed, type FittedWeights } from '../train-sae/fit-named.ts';
import { joinMakers, noteMaker, type Maker } from '../train-sae/makers.ts';
import { openHidden } from '../train-sae/hidden-source.ts';
import { openHarvest } from '../train-sae/open-harvest.ts';
import { describeBackend, pointsOf } from '../train-sae/pipeline.ts';
import { boostedTokens } from './config.ts';
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
  const fitted = await fitAll(work, subject, fits);
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

async function fitAll(
  work: BoostWork,
  subject: BoostSubject,
  fits: readonly NamedFit[],
): Promise<ReadonlyMap<string, FittedWeights>> {
  const { config, folder } = work;
  const { backend, base, model } = subject;
  // Text of the domain alone.
  const texts = {
    ...subject.texts,
    streams: subject.texts.streams.filter(({ corpus }) => corpus === config.corpus),
    corpora: subject.texts.corpora.filter(({ slug }) => slug === config.corpus),
  };
  const reading = { ...config, hookpoint: base.hookpoint };
  const { source, cache } = openHidden({
    ...{ config: reading, home: work.settings.home, model, texts, say: work.say },
    wantedTokens: boostedTokens(config) + config.bufferTokens,
  });
  try {
    const harvest = openHarvest(reading, model, texts.streams, source);
    return await fitNamed(work, {
      ...{ kernels: backend.kernels, fits, harvest },
      source: createResidualSource(harvest, subject.dictionary),
      every: {
        progressEverySteps: config.reportEverySteps,
        checkpointEverySteps: config.checkpointEverySteps,
      },
      fileOf: (fit) => fileOf(folder, fit),
      factsOf: (fit) => ({
        model: model.sha256,
        hookpoint: base.hookpoint,
        base: base.sha256,
        method: fit,
      }),
      // The boost's curves have the names those of any dictionary have.
      pointsOf: (fit, record) => (fit === 'boost' ? pointsOf(record) : comparedPoints(fit, pointsOf(record))),
    });
  } finally {
    cache?.close();
  }
}

function hashWeights({ encoder_FD, encoderBias_F, decoder_FD, decoderBias_D }: DictionaryWeights): string {
  const hash = createHash('sha256');
  for (const values of [encoder_FD, encoderBias_F, decoder_FD, decoderBias_D]) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
