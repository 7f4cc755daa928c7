/** Waiting for a database that is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable } from './errors.ts';

const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 2_000;

/** Tries again, less and less often, as long as the database is what is missing and somebody cares. */
export async function patiently<Result>(
  read: () => Promise<Result>,
  patienceMs: number,
  isPointless: () => boolean = () => false,
): Promise<Result> {
  const deadline = Date.now() + patienceMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LAST_WAIT_MS)) {
    try {
      return await read();
    } catch (error) {
      if (isPointless() || !isDatabaseUnavailable(error) || Date.now() > deadline) throw error;
      await sleep(waitMs);
    }
  }
}
