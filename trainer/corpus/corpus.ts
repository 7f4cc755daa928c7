/**
 * A corpus: a named, ordered, hashed list of documents. Knows neither where they come from nor what they are for.
 * The hash covers ids and texts in order, so two machines agree on a corpus exactly when its sha256 agrees.
 */
import { createHash } from 'node:crypto';

export interface Document {
  /** Stable across machines: package@version/path or language/range. */
  readonly id: string;
  readonly text: string;
}

export interface CorpusSpec {
  readonly slug: string;
  readonly name: string;
  /** general, code, russian, ...: the domain a boost would be for. */
  readonly domain: string;
  readonly description: string;
}

export interface Corpus extends CorpusSpec {
  /** sha256 over the documents' hashes in order. */
  readonly sha256: string;
  readonly documentCount: number;
  /** UTF-8 bytes of all texts. */
  readonly byteCount: number;
  readonly documents: readonly Document[];
}

export type Split = 'train' | 'held-out';

/** 10 %: enough tokens to read a whole dictionary out on text that neither the model nor the dictionary was trained on. */
const HELD_OUT_PER_MILLE = 100;

export function createCorpus(spec: CorpusSpec, documents: readonly Document[]): Corpus {
  const hash = createHash('sha256');
  let byteCount = 0;
  for (const document of documents) {
    hash.update(documentHash(document));
    byteCount += Buffer.byteLength(document.text);
  }
  return { ...spec, sha256: hash.digest('hex'), documentCount: documents.length, byteCount, documents };
}

export function documentHash(document: Document): Buffer {
  return createHash('sha256').update(document.id).update('\0').update(document.text).digest();
}

/** By the id alone: an edited document stays on its side, so nothing held out ever leaks into training. */
export function splitOf(documentId: string): Split {
  const bucket = createHash('sha256').update(documentId).digest().readUInt32BE(0) % 1000;
  return bucket < HELD_OUT_PER_MILLE ? 'held-out' : 'train';
}

/** Order by code unit: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
