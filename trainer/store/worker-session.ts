/**
 * One session of a worker with the queue. It ends when it is asked to, when its connection breaks, or when anything of
 * graphile-worker does; the run under way is then told to stop and given back.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { run as runGraphile, type Runner } from 'graphile-worker';
import type { RunId } from '@residua/prisma/ids';
import { RUN_TASK, type RunJob } from '@residua/prisma/run-job';
import { openDatabase, type Database } from './database.ts';
import { executeRun } from './execute-run.ts';
import { openLiveness, recoverJobs, releaseJobs } from './liveness.ts';
import { migrateQueue, type RunHandlers } from './queue.ts';
import { queueLogger, type Log } from './queue-log.ts';

export interface WorkInSession<Settings> {
  readonly url: string;
  readonly handlers: RunHandlers<Settings>;
  readonly settings: Settings;
  readonly log: Log;
  readonly db: Database;
  readonly stop: AbortSignal;
  /** The queue answers. */
  readonly onOpen: () => void;
}

// A handler that has not ended by then is left behind: the process is about to exit, its claim is released anyway.
export const STOP_TIMEOUT_MS = 1_500;
// New jobs are announced; this is for those that became claimable without an announcement.
const POLL_MS = 1_000;
const RECOVER_MS = 10_000;

/** Returns when asked to stop; throws when the session is broken. */
export async function workInSession<Settings>(session: WorkInSession<Settings>): Promise<void> {
  const { url, db, log, stop } = session;
  const name = `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
  await migrateQueue(db);
  const liveness = await openLiveness(url, name);
  const queueDb = openDatabase({ url, maxConnections: 3, applicationName: 'residua-queue' });
  // Ends the run under way: on a stop that was asked for, and when the claim on it is lost.
  const end = new AbortController();
  void liveness.lost.then((reason) => end.abort(reason));
  stop.addEventListener('abort', () => end.abort(stop.reason), { signal: end.signal });
  if (stop.aborted) end.abort(stop.reason);
  const runs: Runs = { working: new Set(), givenBack: false };
  let recovery: NodeJS.Timeout | undefined;
  let runner: Runner | undefined;
  try {
    await Promise.race([recover(db, name, log), untilAborted(end.signal)]);
    recovery = setInterval(() => void recover(db, name, log).catch(() => {}), RECOVER_MS);
    runner = await openRunner(session, { queueDb, name, end, runs });
    session.onOpen();
    await untilAborted(end.signal);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    clearInterval(recovery);
    end.abort(new Error('The session with the queue has ended.'));
    // Without a limit unless the process is to end: the same run must not be worked on twice in one process.
    const waited = new AbortController();
    await Promise.race([Promise.all(runs.working), untilStopTimeout(stop, waited.signal)]);
    waited.abort();
    const stopped = runner?.stop().catch(() => {});
    if (!runs.givenBack && runs.working.size === 0) await Promise.race([stopped, sleep(STOP_TIMEOUT_MS)]);
    // Also what a handler that is still busy holds: the next claim takes it up from its checkpoint.
    await Promise.race([releaseJobs(db, [name], stop.aborted).catch(() => {}), sleep(STOP_TIMEOUT_MS)]);
    void queueDb.end().catch(() => {});
    await liveness.close();
  }
}

interface Runs {
  readonly working: Set<Promise<unknown>>;
  /** A run was released by us; graphile-worker waits for it for ever. */
  givenBack: boolean;
}

interface RunnerParts {
  readonly queueDb: Database;
  /** Of this worker: ours, so that the lock that shows its life is held before the first claim. */
  readonly name: string;
  readonly end: AbortController;
  readonly runs: Runs;
}

async function openRunner<Settings>(
  { db, handlers, settings, log, stop }: WorkInSession<Settings>,
  { queueDb, name, end, runs }: RunnerParts,
): Promise<Runner> {
  const work = async (id: RunId): Promise<void> => {
    try {
      if ((await executeRun({ db, handlers, settings, id, signal: end.signal })) === 'ended') return;
    } catch (error) {
      end.abort(error);
    }
    // graphile-worker would put a run that was interrupted off, by e^attempts seconds: we release it, to be claimed at
    // once, and never tell.
    runs.givenBack = true;
    await releaseJobs(db, [name], stop.aborted).catch(() => {});
  };
  const task = async (payload: unknown): Promise<void> => {
    const working = work((payload as RunJob).run as RunId);
    runs.working.add(working);
    await working.finally(() => runs.working.delete(working));
    if (runs.givenBack) await new Promise(() => {});
  };
  const options = {
    pgPool: queueDb,
    taskList: { [RUN_TASK]: task },
    concurrency: 1,
    noHandleSignals: true,
    pollInterval: POLL_MS,
    logger: queueLogger((line) => (end.signal.aborted ? undefined : log(line))),
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

async function recover(db: Database, self: string, log: Log): Promise<void> {
  for (const worker of await recoverJobs(db, self)) log(`worker: ${worker} is gone; its run goes on here`);
}

/** Never resolves: throws the reason. */
async function untilAborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

async function untilStopTimeout(stop: AbortSignal, waited: AbortSignal): Promise<void> {
  if (!stop.aborted) await once(stop, 'abort', { signal: waited }).catch(() => {});
  await sleep(STOP_TIMEOUT_MS, undefined, { signal: waited }).catch(() => {});
}
