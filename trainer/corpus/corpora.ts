/**
 * The corpora made from what is installed anyway (nothing is downloaded), those of the user's own, and a cache: of the
 * former keyed by the lockfile of the installation, since building reads ten thousand small files; of what the hub sent.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCorpus, type Corpus, type CorpusSpec, type Document } from './corpus.ts';
import { loadEnglishProse } from './english-prose.ts';
import { FOREIGN_FORMS, type ForeignName, parseForeignName } from './foreign/corpus-name.ts';
import type { HubAccess } from './foreign/hub-dataset.ts';
import { readJsonLinesFile } from './foreign/json-lines-file.ts';
import {
  DEFAULT_MAX_BYTES,
  DEFAULT_TEXT_FIELD,
  foreignSpec,
  loadForeign,
  type ForeignOptions,
} from './foreign/load-foreign.ts';
import { loadInstalledPackages, type InstalledPackage } from './installed-packages.ts';
import { listMessageLanguages, loadMessages } from './localised-messages.ts';
import { loadTypeScriptDeclarations } from './typescript-declarations.ts';

export interface CorpusSources {
  /** node_modules of the repository root. */
  readonly modulesFolder?: string;
  /** Built corpora are kept here; none is kept when absent. */
  readonly cacheFolder?: string;
  /** Of corpora of records: the field with the text. Default text. */
  readonly textField?: string;
  /** UTF-8 bytes after which reading a corpus of the user's own stops. */
  readonly maxBytes?: number;
  /** Where data sets are read from; without it there are none. */
  readonly hub?: HubAccess;
}

interface Recipe extends CorpusSpec {
  load(modulesFolder: string): Promise<Document[]>;
  /** A file of the repository: read as it is, kept nowhere else. */
  readonly isFile?: boolean;
}

/** Part of the cache key: raise it when a recipe changes. */
const RECIPE_VERSION = 1;
const ROOT_MODULES = join(dirname(fileURLToPath(import.meta.url)), '../../node_modules');

/** As written by `residua steer write`; training.json beside it says how. */
export const REASONER_ANSWERS = join(
  dirname(fileURLToPath(import.meta.url)),
  '../models/residua-reasoner-generations/answers.jsonl.gz',
);

const installed = (modulesFolder: string): Promise<InstalledPackage[]> =>
  loadInstalledPackages(join(modulesFolder, '.pnpm'));
const messagesFolder = async (modulesFolder: string) =>
  join(await realpath(join(modulesFolder, 'typescript')), 'lib');

export const CORPORA: readonly Recipe[] = [
  {
    slug: 'english-prose',
    name: 'English prose',
    domain: 'general',
    description: 'Documentation in Markdown of the installed packages: paragraphs, lists, short examples.',
    load: async (modulesFolder) => loadEnglishProse(await installed(modulesFolder)),
  },
  {
    slug: 'typescript-declarations',
    name: 'TypeScript declarations',
    domain: 'code',
    description: 'Type declarations (.d.ts) of the installed packages, doc comments included.',
    load: async (modulesFolder) => loadTypeScriptDeclarations(await installed(modulesFolder)),
  },
  {
    slug: 'russian-messages',
    name: 'Russian messages',
    domain: 'russian',
    description: 'Messages of the TypeScript compiler in Russian.',
    load: async (modulesFolder) => loadMessages(await messagesFolder(modulesFolder), 'ru'),
  },
  {
    slug: 'localised-messages',
    name: 'Localised messages',
    domain: 'multilingual',
    description: 'Messages of the TypeScript compiler in a dozen languages other than English and Russian.',
    load: async (modulesFolder) => {
      const folder = await messagesFolder(modulesFolder);
      const languages = (await listMessageLanguages(folder)).filter((language) => language !== 'ru');
      return (await Promise.all(languages.map((language) => loadMessages(folder, language)))).flat();
    },
  },
  {
    slug: 'reasoner-answers',
    name: 'Answers of residua-reasoner',
    domain: 'arithmetic',
    description:
      'What residua-reasoner answers to its training problems at temperature 1, right or wrong: whole conversations as it sees ' +
      'them. Of use to that model alone.',
    isFile: true,
    load: async () => {
      const documents: Document[] = [];
      for await (const one of readJsonLinesFile(REASONER_ANSWERS, 'answers', DEFAULT_TEXT_FIELD))
        documents.push(one);
      return documents;
    },
  },
];

export async function loadCorpus(slug: string, sources: CorpusSources = {}): Promise<Corpus> {
  const foreign = parseForeignName(slug);
  if (foreign) return loadForeignCorpus(slug, foreign, sources);
  const recipe = CORPORA.find((one) => one.slug === slug);
  if (!recipe) {
    const known = CORPORA.map((one) => one.slug).join(', ');
    throw new Error(`Unknown corpus: expected one of ${known}, ${FOREIGN_FORMS}, got "${slug}".`);
  }
  const { load, isFile, ...spec } = recipe;
  const modulesFolder = sources.modulesFolder ?? ROOT_MODULES;
  if (isFile || !sources.cacheFolder) return createCorpus(spec, await load(modulesFolder));
  const key = createHash('sha256')
    .update(`${RECIPE_VERSION}\n`)
    .update(await lockfile(modulesFolder))
    .digest('hex');
  const path = join(sources.cacheFolder, `corpus-${slug}-${key.slice(0, 16)}.json`);
  return createCorpus(spec, await loadCached(path, () => load(modulesFolder)));
}

/** Files lie here anyway; what the hub sent is kept, and asked for no more. */
async function loadForeignCorpus(slug: string, name: ForeignName, sources: CorpusSources): Promise<Corpus> {
  const options: ForeignOptions = {
    textField: sources.textField ?? DEFAULT_TEXT_FIELD,
    maxBytes: sources.maxBytes ?? DEFAULT_MAX_BYTES,
    hub: sources.hub,
  };
  const load = () => loadForeign(name, options);
  const spec = foreignSpec(slug, name, options);
  if (name.kind === 'file' || !sources.cacheFolder) return createCorpus(spec, await load());
  const key = hashText(JSON.stringify([slug, options.textField, options.maxBytes, options.hub?.hubUrl]));
  const path = join(sources.cacheFolder, `corpus-hub-${key.slice(0, 16)}.json`);
  return createCorpus(spec, await loadCached(path, load));
}

async function loadCached(path: string, load: () => Promise<Document[]>): Promise<Document[]> {
  const cached = await readCache(path);
  if (cached) return cached;
  const documents = await load();
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  const text = JSON.stringify(documents);
  await writeFile(temporary, `${hashText(text)}\n${text}`);
  await rename(temporary, path);
  return documents;
}

/** What pnpm last installed, not what the repository asks for: only the former decides which files are there. */
async function lockfile(modulesFolder: string): Promise<Buffer> {
  return readFile(join(modulesFolder, '.pnpm', 'lock.yaml')).catch(() => Buffer.alloc(0));
}

/** A missing or damaged cache is rebuilt: it holds nothing that cannot be made again. */
async function readCache(path: string): Promise<Document[] | undefined> {
  const file = await readFile(path, 'utf8').catch(() => '');
  const end = file.indexOf('\n');
  const text = file.slice(end + 1);
  // The first line is the hash of the rest: a flipped bit is still JSON, and would be another corpus.
  return end > 0 && file.slice(0, end) === hashText(text) ? (JSON.parse(text) as Document[]) : undefined;
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex');
