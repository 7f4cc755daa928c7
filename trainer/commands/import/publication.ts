/** Hands an imported dictionary's read-out to the store, with where it came from as its provenance. */
import type { Readout } from '../../interp/records.ts';
import type { DictionaryKind } from '../../store/dictionaries.ts';
import type { ProvenanceRecord } from '../../store/provenance.ts';
import { publish } from '../../store/publish.ts';
import { hashTokenizer, layerOf } from '../train-sae/publication.ts';
import { describeReading } from '../train-sae/text-config.ts';
import type { SavedSubject } from '../train-sae/work.ts';
import type { ImportConfig } from './config.ts';
import type { ImportSubject, ImportWork, TakenIn } from './work.ts';

export interface Imported {
  readonly taken: TakenIn;
  readonly readout: Readout;
}

export async function publishImport(
  work: ImportWork,
  subject: ImportSubject & { readonly saved: SavedSubject },
  imported: Imported,
): Promise<void> {
  const { db, run, config, report, signal } = work;
  const { weights, facts } = imported.taken;
  const publication = {
    ...subject.saved,
    run,
    dictionary: {
      slug: config.slug,
      name: config.name,
      kind: weights.kind.replaceAll('-', '_') as DictionaryKind,
      hookpoint: facts.hookpoint,
      layer: layerOf(facts.hookpoint),
      width: weights.width,
      hiddenWidth: weights.hiddenWidth,
      maxBudget: weights.k,
      parent: null,
      domain: null,
    },
    provenance: await provenanceOf(config, subject, imported),
    readout: imported.readout,
  };
  for await (const { rowsDone, rowsTotal } of publish(db, publication)) {
    signal.throwIfAborted();
    await report.phase({ phase: 'publish', phaseStep: rowsDone, phaseTotal: rowsTotal });
  }
}

async function provenanceOf(
  config: ImportConfig,
  { model, texts }: ImportSubject,
  { taken, readout }: Imported,
): Promise<ProvenanceRecord> {
  const { weights, sha256, facts } = taken;
  const corpora = texts.corpora.map(({ slug, sha256: hash, documentCount, byteCount }) => {
    return { slug, sha256: hash, documentCount, byteCount };
  });
  const { source, measured, objections } = facts;
  return {
    modelSlug: model.slug,
    modelRevision: model.sha256.slice(0, 12),
    modelSha256: model.sha256,
    checkpointSha256: sha256,
    trainCorpora: config.split === 'held-out' ? corpora : [],
    readCorpora: corpora,
    tokenizer: `byte-level BPE, ${model.tokenizer.vocabSize} tokens, sha256 ${await hashTokenizer(config)}`,
    contextLength: readout.summary.windowLength,
    bosPolicy: facts.hasBos
      ? 'end of text is read before every window, and neither counted nor shown'
      : `${describeReading({ packing: config.packing, skipFirst: readout.summary.skipFirst })}${config.split === 'held-out' ? '; read out on held-out documents' : ''}`,
    normalisation:
      weights.normalisation === 'none'
        ? 'none, or one factor that is folded into the weights'
        : `${weights.normalisation} of every row, undone on the reconstruction`,
    ...facts.maker,
    seed: config.seed,
    // What the source was trained on it does not say in tokens of ours.
    trainTokenCount: 0,
    readTokenCount: readout.summary.tokenCount,
    command: commandOf(config),
    config: { ...config, imported: { ...source, measured, objections } },
  };
}

/** Every setting spelt out, so that a changed default cannot change what is on record. */
function commandOf({ source, modelFolder, corpora, unchecked, ...rest }: ImportConfig): string {
  const flags = Object.entries(rest)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([name, value]) =>
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${quote(String(value))}`,
    );
  const shares = Object.entries(corpora).map(([slug, share]) => `${slug}=${share}`);
  return [
    `residua import ${quote(source)}`,
    `--model ${quote(modelFolder)}`,
    `--corpora ${shares.join(',')}`,
    ...flags,
    ...(unchecked ? ['--unchecked'] : []),
  ].join(' ');
}

const quote = (text: string): string => (/[^\w./-]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : text);
