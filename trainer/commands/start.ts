/** `residua start`: database, API, site and worker on one machine, with a demo dictionary trained live. */
import { Command } from 'commander';
import path from 'node:path';

import { applyMigrations } from '@residua/prisma/migrate';
import { closePostgres, openPostgres } from '@residua/prisma/postgres';

import { formatOpened } from './backends.ts';
import { pickBackend } from './backends/probe-backends.ts';
import { pickDemo, type Demo } from './start/demo-runs.ts';
import { keepPostgres } from './start/keep-postgres.ts';
import { claimHome } from './start/lock.ts';
import { claimPort } from './start/ports.ts';
import { Processes } from './start/processes.ts';
import { Screen } from './start/screen.ts';
import { showDemo } from './start/show-demo.ts';
import { buildSite } from './start/site-build.ts';
import { waitForHttp } from './start/wait-for-http.ts';
import { checkout, readSettings, type Settings } from './settings.ts';

interface StartOptions {
  readonly dev: boolean;
  readonly demo: boolean;
}

const API_TIMEOUT_MS = 60_000;
const SITE_TIMEOUT_MS = 60_000;

export function startCommand(): Command {
  return new Command('start')
    .description(
      'Run everything: database, API, site and worker; make the dictionaries, boosts and vectors of the demo that are not there yet.',
    )
    .option('--dev', 'serve the site and the API from their sources, reloading on change', false)
    .option('--no-demo', 'do not train the demo')
    .addHelpText(
      'after',
      '\nCtrl-C stops everything it started. Data stays in RESIDUA_HOME, so the next start is quick.',
    )
    .action((options: StartOptions) => start(readSettings(), options));
}

/** What was opened so far, closed in reverse order, once. */
class Opened {
  readonly #closers: (() => unknown)[] = [];
  #closing: Promise<void> | undefined;

  add(close: () => unknown): void {
    this.#closers.unshift(close);
  }

  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      for (const close of this.#closers) await close();
    })());
  }
}

async function start(settings: Settings, options: StartOptions): Promise<void> {
  const opened = new Opened();
  const abort = new AbortController();
  const stop = (exitCode: number) => {
    abort.abort();
    void opened.close().finally(() => process.exit(exitCode));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));
  // The script that laid the ground holds the other end of this channel.
  const stopAlone = () => stop(0);
  process.on('disconnect', stopAlone);
  try {
    await openEverything(settings, options, opened, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return;
    await opened.close();
    // The open channel would keep this process, and so the script that waits for it, for ever.
    process.off('disconnect', stopAlone);
    if (process.connected) process.disconnect();
    throw error;
  }
}

async function openEverything(
  settings: Settings,
  options: StartOptions,
  opened: Opened,
  signal: AbortSignal,
): Promise<void> {
  const sitePort = await openPort(settings.sitePort, settings.host, opened);
  const apiPort = await openPort(settings.apiPort, settings.host, opened);
  const siteUrl = `http://localhost:${sitePort}`;
  opened.add(await claimHome(settings.home, siteUrl));
  const screen = new Screen();
  opened.add(() => screen.close());
  sayMovedPorts(screen, settings, sitePort, apiPort);

  const databaseUrl = await openDatabase(settings, screen, opened);
  const processes = new Processes(path.join(settings.home, 'logs'));
  opened.add(() => processes.close());
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    RESIDUA_HOME: settings.home,
    PORT: String(sitePort),
    API_PORT: String(apiPort),
    HOST: settings.host,
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const [demo] = await Promise.all([
    options.demo ? prepareDemo(settings, screen) : undefined,
    openApi(env, apiPort, options, processes, screen, signal),
    openSite(env, sitePort, options, settings, processes, screen, signal),
  ]);
  screen.foot([
    `open ${siteUrl}   ·   GraphQL http://localhost:${apiPort}/graphql   ·   Ctrl-C stops everything`,
  ]);
  openWorker(env, processes, screen);
  if (demo) await showDemo({ databaseUrl, siteUrl, demo }, screen, signal);
}

async function openPort(wanted: number, host: string, opened: Opened): Promise<number> {
  const { port, release } = await claimPort(wanted, host);
  opened.add(release);
  return port;
}

function sayMovedPorts(screen: Screen, settings: Settings, sitePort: number, apiPort: number): void {
  if (sitePort !== settings.sitePort)
    screen.say(`port ${settings.sitePort} is taken: the site uses ${sitePort}`);
  if (apiPort !== settings.apiPort) screen.say(`port ${settings.apiPort} is taken: GraphQL uses ${apiPort}`);
}

async function openDatabase(settings: Settings, screen: Screen, opened: Opened): Promise<string> {
  screen.begin('database', settings.databaseUrl ? 'connecting to DATABASE_URL' : 'starting Postgres');
  let url = settings.databaseUrl;
  let words = 'your Postgres, by DATABASE_URL';
  if (!url) {
    const postgres = await openPostgres({ home: settings.home });
    // Also one that an earlier start left behind when it was killed: whoever holds the home stops its server.
    opened.add(() => closePostgres({ home: settings.home }));
    opened.add(keepPostgres(settings.home, (text) => screen.say(text)));
    url = postgres.url;
    words = `embedded Postgres on port ${postgres.port}`;
  }
  await applyMigrations(url);
  screen.end('database', words);
  return url;
}

async function openApi(
  env: NodeJS.ProcessEnv,
  port: number,
  options: StartOptions,
  processes: Processes,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.begin('api', 'starting');
  processes.open({
    name: 'api',
    args: [
      ...(options.dev ? ['--watch-path=api', '--watch-preserve-output'] : []),
      '--import',
      'tsx',
      'api/server.ts',
    ],
    cwd: checkout,
    env,
    isRestarted: true,
  });
  await waitForHttp(`http://127.0.0.1:${port}/healthz`, {
    name: 'api',
    timeoutMs: API_TIMEOUT_MS,
    processes,
    isOwn: !options.dev,
    signal,
  });
  screen.end('api', `http://localhost:${port}/graphql`);
}

async function openSite(
  env: NodeJS.ProcessEnv,
  port: number,
  options: StartOptions,
  settings: Settings,
  processes: Processes,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.begin('site', options.dev ? 'starting' : 'building (the first time, half a minute)');
  if (!options.dev) await buildSite(checkout, processes.logFile('site-build'), signal);
  screen.update('site', { text: 'starting' });
  const args = [
    'node_modules/next/dist/bin/next',
    options.dev ? 'dev' : 'start',
    '-p',
    String(port),
    '-H',
    settings.host,
  ];
  const nodeEnv = options.dev ? 'development' : 'production';
  processes.open({
    name: 'site',
    args,
    cwd: path.join(checkout, 'web'),
    env: { ...env, NODE_ENV: nodeEnv } as NodeJS.ProcessEnv,
    isRestarted: true,
  });
  await waitForHttp(`http://127.0.0.1:${port}/`, {
    name: 'site',
    timeoutMs: SITE_TIMEOUT_MS,
    processes,
    isOwn: !options.dev,
    signal,
  });
  screen.end('site', `http://localhost:${port}`);
}

/** What computes here decides how large a demo is worth waiting for. */
async function prepareDemo(settings: Settings, screen: Screen): Promise<Demo> {
  screen.begin('compute', 'looking for the best backend');
  const backend = await pickBackend(settings.backend);
  const demo = await pickDemo(backend);
  screen.end('compute', `${backend.name} (${formatOpened(backend)})`);
  screen.say(demo.memory);
  return demo;
}

/** A worker that dies is started again: the queue hands it the same run, which goes on from its checkpoint. */
function openWorker(env: NodeJS.ProcessEnv, processes: Processes, screen: Screen): void {
  processes.open({
    name: 'worker',
    args: ['trainer/bin/residua.mjs', 'work'],
    cwd: checkout,
    env,
    isRestarted: true,
    onDeath: (code, signal) =>
      screen.say(
        `the worker ended (${signal ?? code}): starting it again; its log is ${processes.logFile('worker')}`,
      ),
  });
}
