/**
 * A whole site for a browser test: a fresh database with the synthetic data set, the API over it, the built pages.
 * Knows nothing of what is tested.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser } from 'playwright-core';
import { createTestDatabase } from '../../prisma/testing.ts';
import { buildSite } from '../../trainer/commands/start/site-build.ts';

const checkout = path.resolve(import.meta.dirname, '../..');
const CHROMIUM = '/usr/bin/chromium';
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];
/** The API under tsx on a busy machine of two cores. */
const READY_WITHIN_MS = 60_000;

/** Why there can be no browser tests here; null where there can. */
export function whyNoBrowser(): string | null {
  return existsSync(CHROMIUM) ? null : `no browser at ${CHROMIUM}: browser tests are skipped`;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
}

export interface Site {
  readonly url: string;
  readonly apiUrl: string;
  /** The API goes away, as when it is restarted. */
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Fills the database with the synthetic data set, whose running run goes on. */
  readonly hasData: boolean;
}

export async function openSite({ hasData }: SiteOptions): Promise<Site> {
  await buildSite(
    checkout,
    path.join(tmpdir(), `residua-site-build-${process.pid}.log`),
    AbortSignal.timeout(150_000),
  );
  const database = await createTestDatabase();
  const [apiPort, port] = [await findFreePort(), await findFreePort()];
  const apiUrl = `http://127.0.0.1:${apiPort}/graphql`;
  const url = `http://127.0.0.1:${port}`;
  const children: ChildProcess[] = [];

  let api: ChildProcess | null = null;
  const startApi = async () => {
    const env = { DATABASE_URL: database.url, API_PORT: String(apiPort), LOG_LEVEL: 'error' };
    api = run(['--import', 'tsx', 'api/server.ts'], checkout, env);
    await waitFor(`${apiUrl}?query={__typename}`, { 'apollo-require-preflight': 'true' });
  };
  const stopApi = async () => {
    if (api) await end(api);
    api = null;
  };

  await startApi();
  if (hasData) children.push(await fill(database.url));
  children.push(
    run(['node_modules/next/dist/bin/next', 'start', '-p', String(port)], path.join(checkout, 'web'), {
      API_PORT: String(apiPort),
    }),
  );
  await waitFor(`${url}/docs/api`);

  const close = async () => {
    await Promise.all([...children.map(end), stopApi()]);
    await database.drop();
  };
  return { url, apiUrl, stopApi, startApi, close };
}

/** Resolves when the data is there; the process lives on and adds points. */
async function fill(databaseUrl: string): Promise<ChildProcess> {
  const child = run(['--import', 'tsx', 'api/fixture.ts', databaseUrl, '--live'], checkout, {});
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) =>
      reject(new Error(`api/fixture.ts ended with ${code} before the data was there`)),
    );
  });
  return child;
}

function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

async function waitFor(url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const isReady = await fetch(url, { headers }).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    if (performance.now() > deadlineMs)
      throw new Error(`expected ${url} to answer within ${READY_WITHIN_MS / 1000} s, it did not`);
    await sleep(100);
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
