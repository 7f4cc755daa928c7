/**
 * The data folder of the embedded server and the note that says where it is and how to log in
 * (`<home>/postgres.json`, readable by its owner only). Knows nothing of starting and stopping.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { canReach, openSharedFolder, type Account } from './account.ts';
import { programName, type Binaries } from './binaries.ts';
import { runProgram } from './program.ts';

export const DATABASE = 'residua';
const USER = 'residua';
const HALF_MADE = 'data.half-made';

export interface Access {
  /** Holds `data`, the server's own folder. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
}

const accessPath = (home: string): string => join(home, 'postgres.json');
export const dataFolder = (access: Access): string => join(access.folder, 'data');

export const urlOf = ({ port, password }: Access, database = DATABASE): string =>
  `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;

/** Undefined where no server was ever made. */
export function readAccess(home: string): Access | undefined {
  const path = accessPath(home);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Access;
  } catch (cause) {
    throw new Error(
      `${path} holds the address and password of the embedded database and cannot be read: ${(cause as Error).message}. ` +
        'If another user made it, run as that user or choose another RESIDUA_HOME.',
      { cause },
    );
  }
}

export function writeAccess(home: string, access: Access): void {
  const partial = `${accessPath(home)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, accessPath(home));
}

export async function createAccess(home: string, account: Account): Promise<Access> {
  // Postgres must be able to enter the folder that holds its own.
  const isInHome = canReach(home, account);
  const folder = isInHome ? join(home, 'postgres') : join(openSharedFolder(), folderName(home));
  if (isInHome && existsSync(join(folder, 'data'))) {
    throw new Error(
      `${folder} holds a database, but ${accessPath(home)} with its password is gone. ` +
        `Put that file back, or move ${folder} away to start with an empty database.`,
    );
  }
  // Somebody removed the home folder to start anew, and could not know of this one. It is set aside, once.
  if (existsSync(folder)) {
    rmSync(`${folder}.old`, { recursive: true, force: true });
    renameSync(folder, `${folder}.old`);
  }
  const access = { folder, port: await findFreePort(), password: randomBytes(24).toString('hex') };
  writeAccess(home, access);
  return access;
}

const folderName = (home: string): string =>
  `data-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;

/** Made under another name and then renamed, so that a kill leaves either no database or a whole one. */
export async function createCluster(access: Access, account: Account, binaries: Binaries): Promise<void> {
  if (existsSync(dataFolder(access))) return checkVersion(access, binaries);
  mkdirSync(access.folder, { recursive: true, mode: 0o755 });
  for (const name of readdirSync(access.folder)) {
    if (name.startsWith(HALF_MADE)) rmSync(join(access.folder, name), { recursive: true, force: true });
  }
  const halfMade = join(access.folder, HALF_MADE);
  const passwordFile = `${halfMade}.password`;
  mkdirSync(halfMade, { mode: 0o700 });
  writeFileSync(passwordFile, access.password, { mode: 0o600 });
  if (account.uid !== undefined)
    for (const path of [halfMade, passwordFile]) chownSync(path, account.uid, account.gid);
  const { exitCode, output } = await runProgram(
    join(binaries.folder, programName('initdb')),
    // The builtin locale sorts alike on every system, whatever locales it has.
    [
      '-D',
      halfMade,
      '-U',
      USER,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--no-sync',
      '--no-instructions',
    ].concat(['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
    account,
  );
  rmSync(passwordFile);
  if (exitCode !== 0)
    throw new Error(`The embedded database could not be made in ${access.folder}:\n${output.trim()}`);
  renameSync(halfMade, dataFolder(access));
}

function checkVersion(access: Access, { major }: Binaries): void {
  const made = Number(readFileSync(join(dataFolder(access), 'PG_VERSION'), 'utf8'));
  if (made === major) return;
  throw new Error(
    `${dataFolder(access)} was made by Postgres ${made}, and the installed one is ${major}. Go back to the version that ` +
      'made it to copy the data out, or move the folder away to start with an empty database.',
  );
}

export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
