/** The folder a dictionary lies in: which files there are, opened once each and closed together. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Config } from './config.ts';
import { COPY_AGAIN, ImportError } from './import-error.ts';
import type { ImportedFile } from './imported-dictionary.ts';
import { type SourceFile, openSource } from './source-file.ts';

const MAX_CONFIG_BYTES = 4 << 20; // a runner's whole configuration is some kilobytes
const MAX_NAMES = 100_000;

export interface Place {
  readonly folder: string;
  /** Files and folders directly in it. */
  readonly names: ReadonlySet<string>;
  /** A path below the folder (or, for a sibling's settings, above). */
  open(name: string): Promise<SourceFile>;
  config(name: string): Promise<Config>;
  /** Undefined where there is no such file. */
  configIfThere(name: string): Promise<Config | undefined>;
  /** All that was opened, hashed. */
  files(): Promise<ImportedFile[]>;
  close(): Promise<void>;
}

export async function openPlace(folder: string): Promise<Place> {
  const listed = await readdir(folder).catch((cause: unknown) => {
    throw new ImportError(
      folder,
      'a folder that can be read',
      String(cause),
      'Give the path of a dictionary.',
      { cause },
    );
  });
  if (listed.length > MAX_NAMES) {
    throw new ImportError(
      folder,
      'the folder of one dictionary',
      `${listed.length} names`,
      'Give its own folder.',
    );
  }
  const opened = new Map<string, SourceFile>();

  async function open(name: string): Promise<SourceFile> {
    const source = opened.get(name) ?? (await openSource(path.join(folder, name)));
    opened.set(name, source);
    return source;
  }

  async function config(name: string): Promise<Config> {
    const source = await open(name);
    if (source.sizeBytes > MAX_CONFIG_BYTES) {
      throw new ImportError(
        source.path,
        `at most ${MAX_CONFIG_BYTES} bytes of settings`,
        `${source.sizeBytes}`,
        COPY_AGAIN,
      );
    }
    return Config.parse(await source.read(0, source.sizeBytes), source.path);
  }

  async function configIfThere(name: string): Promise<Config | undefined> {
    const names = await readdir(path.dirname(path.join(folder, name))).catch(() => [] as string[]);
    return names.includes(path.basename(name)) ? config(name) : undefined;
  }

  async function files(): Promise<ImportedFile[]> {
    const described: ImportedFile[] = [];
    for (const [name, source] of opened) {
      described.push({ name, sha256: await source.sha256(), sizeBytes: source.sizeBytes });
    }
    return described.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function close(): Promise<void> {
    for (const source of opened.values()) await source.close();
  }

  return { folder, names: new Set(listed), open, config, configIfThere, files, close };
}
