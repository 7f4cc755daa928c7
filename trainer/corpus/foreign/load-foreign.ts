/** Documents of a corpus that does not come with the installation, up to a number of bytes, as they are read. */
import type { CorpusSpec, Document } from '../corpus.ts';
import type { ForeignName } from './corpus-name.ts';
import { measureFiles, readFiles } from './files.ts';
import { type HubAccess, readHubDataset } from './hub-dataset.ts';

export interface ForeignOptions {
  /** Field of a record that holds its text; plain text has none. */
  readonly textField: string;
  /** UTF-8 bytes of text after which reading stops. */
  readonly maxBytes: number;
  readonly hub?: HubAccess;
}

export const DEFAULT_TEXT_FIELD = 'text';
/** About sixty million tokens of prose: documents and tokens are held in memory. */
export const DEFAULT_MAX_BYTES = 256 * 2 ** 20;

export async function loadForeign(name: ForeignName, options: ForeignOptions): Promise<Document[]> {
  const documents: Document[] = [];
  let bytes = 0;
  for await (const document of readDocuments(name, options)) {
    documents.push(document);
    bytes += Buffer.byteLength(document.text);
    if (bytes >= options.maxBytes) break;
  }
  if (documents.length > 0) return documents;
  throw new Error(`Corpus ${describe(name)}: expected text, got none. Choose another.`);
}

/** Bytes of text that reading it will hold at most: what may be read, or less where files say so beforehand. */
export function largestTextBytes(name: ForeignName, maxBytes: number = DEFAULT_MAX_BYTES): number {
  const fileBytes = name.kind === 'file' ? measureFiles(name.path) : undefined;
  return Math.min(maxBytes, fileBytes ?? maxBytes);
}

function readDocuments(name: ForeignName, { textField, hub }: ForeignOptions): AsyncGenerator<Document> {
  if (name.kind === 'file') return readFiles(name.path, textField);
  if (hub) return readHubDataset(name, textField, hub);
  throw new Error(
    `Corpus ${describe(name)}: data sets of the hub are not read here. Unset HF_HUB_OFFLINE, or choose a file.`,
  );
}

const describe = (name: ForeignName): string =>
  name.kind === 'file' ? `file:${name.path}` : `hf:${name.dataset}`;

/** What goes on record. */
export function foreignSpec(
  slug: string,
  name: ForeignName,
  { textField, maxBytes }: ForeignOptions,
): CorpusSpec {
  const limit = `at most ${maxBytes.toLocaleString('en')} bytes`;
  if (name.kind === 'file') {
    const title = name.path.split(/[\\/]/).filter(Boolean).at(-1) ?? name.path;
    const description = `Text of ${title}, ${limit}; of records the field "${textField}".`;
    return { slug, name: title, domain: 'own text', description };
  }
  const { dataset, config, split } = name;
  const title = [dataset, config, split].filter(Boolean).join(' ');
  const description = `The Hugging Face data set ${title}, ${limit} from its start, field "${textField}".`;
  return { slug, name: title, domain: 'general', description };
}
