/**
 * Works on queued runs, one at a time, until it is closed. When Postgres goes away the session with it ends, and the
 * next one begins as soon as Postgres answers: the process lives on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from './database.ts';
import type { RunHandlers } from './queue.ts';
import type { Log } from './queue-log.ts';
import { STOP_TIMEOUT_MS, workInSession, type WorkInSession } from './worker-session.ts';

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

async function keepWorking<Settings>(session: Omit<WorkInSession<Settings>, 'onOpen'>): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  while (!session.stop.aborted) {
    try {
      await workInSession({ ...session, onOpen: () => (retryMs = FIRST_RETRY_MS) });
    } catch (error) {
      session.log(`worker: ${(error as Error).message || String(error)}; trying again`);
      await sleep(retryMs, undefined, { signal: session.stop }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }
}
