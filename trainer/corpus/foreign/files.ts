/** A file or a folder as documents, by the endings of the names; in the order of the paths, so every machine agrees. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { asyncBufferFromFile } from 'hyparquet';

import { compareText, type Document } from '../corpus.ts';
import { readJsonLinesFile } from './json-lines-file.ts';
import { readParquet } from './parquet-file.ts';
import { readTextFile } from './text-file.ts';

const READABLE = /\.(txt|text|md|jsonl|ndjson)(\.gz)?$|\.parquet$/i;
const PACKED = /\.(gz|parquet)$/i;
const FORMS = '.txt, .md, .jsonl (each also .gz) and .parquet';

export async function* readFiles(given: string, field: string): AsyncGenerator<Document> {
  const files = await listFiles(given);
  for (const { file, name } of files) {
    if (/\.parquet$/i.test(file)) {
      yield* readParquet(await asyncBufferFromFile(file), { source: file, name, field });
    } else if (/\.(jsonl|ndjson)(\.gz)?$/i.test(file)) yield* readJsonLinesFile(file, name, field);
    else yield* readTextFile(file, name);
  }
}

/** Bytes of text that these files hold at most; undefined where they are packed, or not there: reading says why. */
export function measureFiles(given: string): number | undefined {
  const found = statSync(given, { throwIfNoEntry: false });
  if (!found) return undefined;
  const files = found.isDirectory()
    ? namesIn(given, readdirSync(given, { recursive: true, withFileTypes: true })).map((name) =>
        path.join(given, name),
      )
    : [given];
  if (files.some((file) => PACKED.test(file))) return undefined;
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

/** Names are relative, so that a moved folder is the same corpus. */
async function listFiles(given: string): Promise<{ file: string; name: string }[]> {
  const found = await stat(given).catch((cause: unknown) => {
    throw new Error(`Corpus ${given}: expected a file or a folder, found none. Correct the path.`, { cause });
  });
  if (!found.isDirectory()) {
    if (READABLE.test(given)) return [{ file: given, name: path.basename(given) }];
    throw new Error(
      `Corpus ${given}: expected a name ending in ${FORMS}, got another. Rename or convert the file.`,
    );
  }
  const entries = await readdir(given, { recursive: true, withFileTypes: true });
  const names = namesIn(given, entries);
  if (names.length > 0) return names.map((name) => ({ file: path.join(given, name), name }));
  throw new Error(
    `Corpus ${given}: expected files ending in ${FORMS}, found none in the folder. Correct the path.`,
  );
}

function namesIn(folder: string, entries: readonly Dirent[]): string[] {
  return entries
    .filter((entry) => entry.isFile() && READABLE.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort(compareText);
}
