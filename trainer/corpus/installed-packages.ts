/**
 * The packages pnpm installed, as places to read text from. One version per name (the lowest, so that two majors of a
 * library do not count twice) and nothing that only some machines get, so every machine lists the same.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from './corpus.ts';

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

const PLATFORM_WORDS =
  /(^|[-_/.])(linux|darwin|win32|windows|freebsd|android|wasm32|musl|gnu|arm64|x64)([-_/.]|$)/;

/** `storeFolder` is node_modules/.pnpm. */
export async function loadInstalledPackages(storeFolder: string): Promise<InstalledPackage[]> {
  const entries = await readStore(storeFolder);
  const folders = (
    await Promise.all(entries.map((entry) => packageFolders(join(storeFolder, entry))))
  ).flat();
  const found = (await Promise.all(folders.map(loadPackage))).filter((one) => one !== undefined);
  const byName = new Map<string, InstalledPackage>();
  for (const one of found) {
    const other = byName.get(one.name);
    if (!other || compareVersions(one.version, other.version) < 0) byName.set(one.name, one);
  }
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

async function readStore(storeFolder: string): Promise<string[]> {
  try {
    return (await readdir(storeFolder)).filter((entry) => entry.includes('@')).sort(compareText);
  } catch (cause) {
    throw new Error(
      `Corpora are read from the installed packages: expected pnpm's folder ${storeFolder}, found none. ` +
        'Run `npm install` (or `npm start`) in the repository root first.',
      { cause },
    );
  }
}

/** The package itself, not the links to its dependencies beside it. */
async function packageFolders(entryFolder: string): Promise<string[]> {
  const modules = join(entryFolder, 'node_modules');
  const folders: string[] = [];
  for (const child of await readdir(modules, { withFileTypes: true }).catch(() => [])) {
    if (!child.isDirectory() || child.name.startsWith('.')) continue;
    if (!child.name.startsWith('@')) folders.push(join(modules, child.name));
    else {
      for (const scoped of await readdir(join(modules, child.name), { withFileTypes: true })) {
        if (scoped.isDirectory()) folders.push(join(modules, child.name, scoped.name));
      }
    }
  }
  return folders;
}

async function loadPackage(folder: string): Promise<InstalledPackage | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const manifest = JSON.parse(text) as Record<string, unknown>;
  const { name, version } = manifest;
  if (typeof name !== 'string' || typeof version !== 'string') return undefined;
  if (manifest.os || manifest.cpu || manifest.libc || PLATFORM_WORDS.test(name)) return undefined;
  return { name, version, folder };
}

function compareVersions(a: string, b: string): number {
  const numbersA = a.split(/\D+/).map(Number);
  const numbersB = b.split(/\D+/).map(Number);
  for (let i = 0; i < Math.max(numbersA.length, numbersB.length); i++) {
    const difference = (numbersA[i] ?? 0) - (numbersB[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return compareText(a, b);
}

/** Paths inside a package whose name ends with `suffix`, sorted; nested node_modules are other packages. */
export async function listFiles(folder: string, suffix: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (relative: string): Promise<void> => {
    for (const child of await readdir(join(folder, relative), { withFileTypes: true })) {
      const path = relative === '' ? child.name : `${relative}/${child.name}`;
      if (child.isDirectory()) {
        if (child.name !== 'node_modules' && !child.name.startsWith('.')) await walk(path);
      } else if (child.isFile() && child.name.toLowerCase().endsWith(suffix)) found.push(path);
    }
  };
  await walk('');
  return found.sort(compareText);
}
