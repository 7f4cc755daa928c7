/** Hands a read-out to the store with everything it links to: model, corpora, run and provenance. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { CorpusId } from '@residua/prisma/ids';

import type { Readout } from '../../interp/records.ts';
import type { LanguageModel } from '../../lm/model.ts';
import { saveCorpus } from '../../store/corpora.ts';
import type { Database } from '../../store/database.ts';
import type { DictionaryKind } from '../../store/dictionaries.ts';
import { saveModel } from '../../store/models.ts';
import type { ProvenanceRecord } from '../../store/provenance.ts';
import { publish } from '../../store/publish.ts';
import { checkout } from '../settings.ts';
import { trainedTokens, type TrainSaeConfig } from './config.ts';
import type { Maker } from './makers.ts';
import { corpusRecord, modelRecord, vocabulary } from './subject-records.ts';
import { describeReading } from './text-config.ts';
import type { RunTexts } from './texts.ts';
import type { SavedSubject, Subject, Work } from './work.ts';

const KINDS: Readonly<Record<TrainSaeConfig['kind'], DictionaryKind>> = {
  'hierarchical-topk': 'hierarchical_topk',
  topk: 'topk',
  'batch-topk': 'batch_topk',
  jumprelu: 'jumprelu',
  'matryoshka-batch-topk': 'matryoshka_batch_topk',
};

export async function saveSubject(
  db: Database,
  model: LanguageModel,
  texts: RunTexts,
): Promise<SavedSubject> {
  const modelId = await saveModel(db, modelRecord(model), vocabulary(model));
  const corpora = new Map<string, CorpusId>();
  for (const corpus of texts.corpora) corpora.set(corpus.slug, await saveCorpus(db, corpusRecord(corpus)));
  return { model: modelId, corpora };
}

export async function publishReadout(
  work: Work,
  subject: Subject,
  made: { readout: Readout; sha256: string; maker: Maker; maxBudget: number },
): Promise<void> {
  const { db, run, config, report, signal } = work;
  const publication = {
    ...subject.saved,
    run,
    dictionary: {
      slug: config.slug,
      name: config.name,
      kind: KINDS[config.kind],
      hookpoint: config.hookpoint,
      layer: layerOf(config.hookpoint),
      width: config.features,
      hiddenWidth: subject.model.config.hiddenWidth,
      maxBudget: made.maxBudget,
      parent: null,
      domain: null,
    },
    provenance: provenanceOf(work, subject, { ...made, tokenizerSha256: await hashTokenizer(config) }),
    readout: made.readout,
  };
  for await (const { rowsDone, rowsTotal } of publish(db, publication)) {
    signal.throwIfAborted();
    await report.phase({ phase: 'publish', phaseStep: rowsDone, phaseTotal: rowsTotal });
  }
}

export function layerOf(hookpoint: string): number {
  return Number(/^layers\.(\d+)\./.exec(hookpoint)?.[1] ?? 0);
}

export async function hashTokenizer({ modelFolder }: Pick<TrainSaeConfig, 'modelFolder'>): Promise<string> {
  const file = await readFile(path.resolve(checkout, modelFolder, 'tokenizer.json'));
  return createHash('sha256').update(file).digest('hex');
}

function provenanceOf(
  { config }: Work,
  { model, texts }: Subject,
  made: { readout: Readout; sha256: string; maker: Maker; tokenizerSha256: string },
): ProvenanceRecord {
  const { readout, sha256, tokenizerSha256 } = made;
  const corpora = texts.corpora.map(({ slug, sha256: hash, documentCount, byteCount }) => ({
    slug,
    sha256: hash,
    documentCount,
    byteCount,
  }));
  return {
    modelSlug: model.slug,
    modelRevision: model.sha256.slice(0, 12),
    modelSha256: model.sha256,
    checkpointSha256: sha256,
    trainCorpora: corpora,
    readCorpora: corpora,
    tokenizer: `${model.tokenizer.kind}, ${model.tokenizer.vocabSize} tokens, sha256 ${tokenizerSha256}`,
    contextLength: config.contextLength,
    bosPolicy: `${describeReading(config)}; read out on held-out documents`,
    normalisation:
      'hidden states scaled to mean squared norm D for the fit; the scale is folded into the weights',
    ...made.maker,
    seed: config.seed,
    trainTokenCount: trainedTokens(config),
    readTokenCount: readout.summary.tokenCount,
    command: commandOf(config),
    config,
  };
}

/** Every setting spelt out, so that a changed default cannot change what is on record. */
function commandOf({ modelFolder, corpora, learningRate, ...rest }: TrainSaeConfig): string {
  const flags = Object.entries(rest).map(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `--${flag} ${typeof value === 'string' && /[^\w.-]/.test(value) ? `'${value.replaceAll("'", `'\\''`)}'` : String(value)}`;
  });
  const shares = Object.entries(corpora).map(([slug, share]) => `${slug}=${share}`);
  const rate = learningRate === null ? [] : [`--learning-rate ${learningRate}`];
  return [
    'residua train-sae',
    `--model ${modelFolder}`,
    `--corpora ${shares.join(',')}`,
    ...rate,
    ...flags,
  ].join(' ');
}
