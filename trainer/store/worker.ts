/**
 * Works on queued runs, one at a time, until it is closed. Its connection to the queue is a session: when Postgres goes
 * away or anything of graphile-worker breaks, the session ends, the run under way is stopped at its last checkpoint, and
 * a new session begins as soon as Postgres answers.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { run as runGraphile, type Runner, type Task } from 'graphile-worker';
import type { RunId } from '@residua/prisma/ids';
import { RUN_TASK, type RunJob } from '@residua/prisma/run-job';
import { openDatabase, type Database } from './database.ts';
import { executeRun } from './execute-run.ts';
import { openLiveness, recoverJobs, releaseJobs } from './liveness.ts';
import { migrateQueue, type RunHandlers } from './queue.ts';
import { queueLogger, type Log } from './queue-log.ts';

export interface OpenWorker<Settings> {
  readonly url: string;
  readonly handlers: RunHandlers<Settings>;
  /** Handed to the handlers. */
  readonly settings: Settings;
  readonly log?: Log;
}

export interface Worker {
  /** Tells the run under way to stop, gives it back to the queue, and disconnects; within about two seconds. */
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
// New jobs are announced; this is for those that became claimable without an announcement.
const POLL_MS = 1_000;
const RECOVER_MS = 10_000;
// A handler that has not ended by then is left behind: the process is about to exit, its claim is released anyway.
const STOP_TIMEOUT_MS = 1_500;

export function openWorker<Settings>({
  url,
  handlers,
  settings,
  log = () => {},
}: OpenWorker<Settings>): Worker {
  const stop = new AbortController();
  const db = openDatabase({ url, applicationName: 'residua-worker' });
  const ended = keepWorking({ url, handlers, settings, log, db, stop: stop.signal });
  const close = async (): Promise<void> => {
    stop.abort(new Error('The worker stops.'));
    await ended;
    await Promise.race([db.end(), sleep(STOP_TIMEOUT_MS)]);
  };
  let closing: Promise<void> | undefined;
  return { close: () => (closing ??= close()) };
}

interface Session<Settings> {
  readonly url: string;
  readonly handlers: RunHandlers<Settings>;
  readonly settings: Settings;
  readonly log: Log;
  readonly db: Database;
  readonly stop: AbortSignal;
}

async function keepWorking<Settings>(session: Session<Settings>): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !session.stop.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
    try {
      await workUntilBroken(session, () => (retryMs = FIRST_RETRY_MS));
    } catch (error) {
      session.log(`worker: ${(error as Error).message || String(error)}; trying again`);
      await sleep(retryMs, undefined, { signal: session.stop }).catch(() => {});
    }
  }
}

/** Returns when asked to stop; throws when the session is broken. */
async function workUntilBroken<Settings>(session: Session<Settings>, onOpen: () => void): Promise<void> {
  const { url, db, log, stop } = session;
  const name = `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
  await migrateQueue(db);
  const liveness = await openLiveness(url, name);
  // Ends the run under way: on a stop that was asked for, and when the claim on it is lost.
  const end = new AbortController();
  const broken = new Promise<never>((_, reject) => {
    void liveness.lost.then(reject);
    end.signal.addEventListener('abort', () => reject(end.signal.reason));
  });
  broken.catch(() => {});
  stop.addEventListener('abort', () => end.abort(stop.reason), { signal: end.signal, once: true });
  const queueDb = openDatabase({ url, maxConnections: 3, applicationName: 'residua-queue' });
  let recovery: NodeJS.Timeout | undefined;
  let runner: Runner | undefined;
  const working = new Set<Promise<void>>();
  if (stop.aborted) end.abort(stop.reason);
  try {
    await Promise.race([broken, recover(db, name, log)]);
    recovery = setInterval(() => void recover(db, name, log).catch(() => {}), RECOVER_MS);
    runner = await openRunner(session, queueDb, name, end, working);
    onOpen();
    await broken;
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    clearInterval(recovery);
    end.abort(new Error('The connection to the queue was lost.'));
    // Without a limit unless the process is to end: the same run must not be worked on twice in one process.
    await Promise.race([Promise.allSettled(working), whenStopped(stop)]);
    await Promise.race([runner?.stop().catch(() => {}), sleep(STOP_TIMEOUT_MS)]);
    // Also what a handler that is still busy holds: the next claim takes it up from its checkpoint.
    await Promise.race([releaseJobs(db, [name], stop.aborted).catch(() => {}), sleep(STOP_TIMEOUT_MS)]);
    void queueDb.end().catch(() => {});
    await liveness.close();
  }
}

async function whenStopped(stop: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort');
  await sleep(STOP_TIMEOUT_MS);
}

async function recover(db: Database, self: string, log: Log): Promise<void> {
  for (const worker of await recoverJobs(db, self)) log(`worker: ${worker} is gone; its run goes on here`);
}

async function openRunner<Settings>(
  { db, handlers, settings, log, stop }: Session<Settings>,
  queueDb: Database,
  name: string,
  end: AbortController,
  working: Set<Promise<void>>,
): Promise<Runner> {
  const task: Task = async (payload) => {
    const work = executeRun({
      db,
      handlers,
      settings,
      id: (payload as RunJob).run as RunId,
      signal: end.signal,
    });
    const settled = work.then(
      () => {},
      () => {},
    );
    working.add(settled);
    const outcome = await work.finally(() => working.delete(settled));
    if (outcome === 'ended') return;
    // Released by us, at once; graphile-worker then finds nothing to delay.
    await releaseJobs(db, [name], stop.aborted).catch(() => {});
    if (outcome === 'away') end.abort(new Error('The database went away during a run.'));
    throw new Error(`The run was ${outcome === 'away' ? 'interrupted' : 'stopped'} and is queued again.`);
  };
  const options = {
    pgPool: queueDb,
    taskList: { [RUN_TASK]: task },
    concurrency: 1,
    noHandleSignals: true,
    pollInterval: POLL_MS,
    logger: queueLogger((line) => (end.signal.aborted ? undefined : log(line))),
    // Ours, so that the lock that shows our life is held before the first claim.
    workerId: name,
  };
  const runner = await runGraphile(options);
  runner.events.on('worker:fatalError', ({ error }) => end.abort(error));
  runner.promise.then(
    () => end.abort(new Error('The queue has stopped.')),
    (error) => end.abort(error),
  );
  return runner;
}
