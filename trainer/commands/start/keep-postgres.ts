/** Looks after the embedded server while `residua start` runs: one that has died is started again, on its port. */
import { setTimeout as sleep } from 'node:timers/promises';

import { openPostgres } from '@residua/prisma/postgres';

const LOOK_MS = 2_000; // API and worker wait for minutes: a few seconds without a database cost nothing

/** Returns the function that stops looking; it waits for a look under way. */
export function keepPostgres(home: string, say: (text: string) => void): () => Promise<void> {
  const stop = new AbortController();
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      try {
        if ((await openPostgres({ home })).started) say('Postgres had ended: it was started again');
      } catch (error) {
        say(`Postgres has ended and does not start: ${(error as Error).message}`);
      }
    }
  })();
  return () => {
    stop.abort();
    return looking;
  };
}
