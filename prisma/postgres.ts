/**
 * The embedded Postgres: one server per home folder, shared by every process that opens it. It is detached from its
 * starter and outlives it; closePostgres stops it. A server that died is started again by the next openPostgres.
 */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { serverAccount, type Account } from './embedded/account.ts';
import { findBinaries, programName, type Binaries } from './embedded/binaries.ts';
import { createAccess, createCluster, DATABASE, dataFolder, findFreePort } from './embedded/cluster.ts';
import { readAccess, urlOf, writeAccess, type Access } from './embedded/cluster.ts';
import { withLock } from './embedded/lock.ts';
import { findPostmaster, removeStalePidFile } from './embedded/postmaster.ts';
import { runProgram } from './embedded/program.ts';
import { openHome } from './home.ts';

export interface OpenPostgres {
  /** Folder of all of Residua's data; made if missing. */
  readonly home: string;
  /** False lets a power cut lose data, and is faster: for tests. */
  readonly durable?: boolean;
}

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** False when it was running already. */
  readonly started: boolean;
}

// Crash recovery after a kill replays at most max_wal_size (1 GB): seconds on a disk, a minute on a slow one.
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_S = 30;
const CONNECT_TIMEOUT_MS = 2_500;
const RETRY_MS = 100;
const LOG_LIMIT_BYTES = 8_000_000;

export async function openPostgres({ home, durable = true }: OpenPostgres): Promise<PostgresServer> {
  const folder = resolve(home);
  const known = readAccess(folder);
  if (known && (await tryConnect(known)) === 'up') return serverAt(known, false);

  openHome(folder);
  return withLock(join(folder, 'postgres.lock'), async () => {
    const account = serverAccount();
    let access = readAccess(folder) ?? (await createAccess(folder, account));
    const running = findPostmaster(dataFolder(access));
    // A server of ours may run on another port than noted: its starter was killed before it wrote the note.
    if (running && running.port !== access.port)
      writeAccess(folder, (access = { ...access, port: running.port }));
    if (running && (await waitUntilUp(access))) return serverAt(access, false);

    const binaries = await findBinaries(account);
    await createCluster(access, account, binaries);
    access = await startServer({ home: folder, access, account, binaries, durable });
    return serverAt(access, true);
  });
}

/** True when a server was running and is now stopped: clients are disconnected, everything is on disk. */
export async function closePostgres({ home }: { readonly home: string }): Promise<boolean> {
  const folder = resolve(home);
  if (!existsSync(folder)) return false;
  return withLock(join(folder, 'postgres.lock'), async () => {
    const access = readAccess(folder);
    if (!access || !findPostmaster(dataFolder(access))) return false;
    const account = serverAccount();
    const { folder: programs } = await findBinaries(account);
    const stop = ['stop', '-D', dataFolder(access), '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_S)];
    const { exitCode, output } = await runProgram(join(programs, programName('pg_ctl')), stop, account);
    if (exitCode !== 0 && findPostmaster(dataFolder(access))) {
      throw new Error(`The embedded database in ${dataFolder(access)} did not stop:\n${output.trim()}`);
    }
    return true;
  });
}

/** Stops the server and removes its data, wherever that is, and the home folder with it. */
export async function removePostgres({ home }: { readonly home: string }): Promise<void> {
  await closePostgres({ home });
  const access = readAccess(resolve(home));
  if (access) rmSync(access.folder, { recursive: true, force: true });
  rmSync(resolve(home), { recursive: true, force: true });
}

export async function isPostgresUp({ home }: { readonly home: string }): Promise<boolean> {
  const access = readAccess(resolve(home));
  return access !== undefined && (await tryConnect(access)) === 'up';
}

/** Address of the embedded server whether it runs or not; undefined when there was never one. */
export function findPostgresUrl({ home }: { readonly home: string }): string | undefined {
  const access = readAccess(resolve(home));
  return access && urlOf(access);
}

const serverAt = (access: Access, started: boolean): PostgresServer => ({
  url: urlOf(access),
  port: access.port,
  started,
});

interface StartServer {
  readonly home: string;
  readonly access: Access;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly durable: boolean;
}

/** Starts it, on another port when the noted one is taken. Returns the access with the port it got. */
async function startServer({ home, access, account, binaries, durable }: StartServer): Promise<Access> {
  const data = dataFolder(access);
  const log = join(data, 'server.log');
  const deadline = Date.now() + START_TIMEOUT_MS;
  if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) rmSync(log);
  for (let port = access.port; ;) {
    removeStalePidFile(data);
    const logStart = existsSync(log) ? statSync(log).size : 0;
    const { exitCode, output } = await runProgram(
      join(binaries.folder, programName('pg_ctl')),
      [
        'start',
        '-D',
        data,
        '-w',
        '-t',
        String(START_TIMEOUT_MS / 1000),
        '-l',
        log,
        '-o',
        serverOptions(port, durable),
      ],
      account,
    );
    const said = existsSync(log) ? readFileSync(log).subarray(logStart).toString() : '';
    if (exitCode === 0) {
      const here = { ...access, port };
      writeAccess(home, here);
      if (await waitUntilUp(here)) return here;
    } else if (/could not create any TCP\/IP sockets/.test(said)) {
      port = await findFreePort();
      continue;
    } else if (!/pre-existing shared memory|postmaster\.pid/.test(said)) {
      throw new Error(`The embedded database in ${data} did not start:\n${said.trim() || output.trim()}`);
    }
    // What is left: the sessions of a killed server are still ending.
    if (Date.now() > deadline)
      throw new Error(`The embedded database in ${data} did not start:\n${said.trim()}`);
    await sleep(RETRY_MS);
  }
}

function serverOptions(port: number, durable: boolean): string {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'timezone=UTC',
    'log_timezone=UTC',
  ];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return [`-p ${port}`, ...settings.map((setting) => `-c ${setting}`)].join(' ');
}

async function waitUntilUp(access: Access): Promise<boolean> {
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(RETRY_MS)) {
    const state = await tryConnect(access);
    if (state === 'up') return true;
    if (state === 'no database') await createDatabase(access);
    if (state === 'down' && !findPostmaster(dataFolder(access))) return false;
    if (Date.now() > deadline) return false;
  }
}

type ServerState = 'up' | 'down' | 'starting' | 'no database';

/** 'down' also when something else answers on the port: only our server knows our password. */
async function tryConnect(access: Access): Promise<ServerState> {
  const client = new pg.Client({
    connectionString: urlOf(access),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {}); // A server that stops while we say goodbye is no error here.
  try {
    await client.connect();
    return 'up';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '3D000') return 'no database';
    if (code === '57P03') return 'starting'; // cannot_connect_now: starting up, in recovery or shutting down.
    if (code === '53300') return 'up'; // too_many_connections
    return 'down';
  } finally {
    await client.end().catch(() => {});
  }
}

async function createDatabase(access: Access): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(access, 'postgres') });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '42P04') throw error; // duplicate_database
  } finally {
    await client.end();
  }
}
