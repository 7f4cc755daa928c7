/** `residua work`: takes runs from the queue and does them, one after the other, until it is stopped. */
import { once } from 'node:events';
import { Command } from 'commander';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import type { RunHandlers } from '../store/queue.ts';
import { openWorker } from '../store/worker.ts';
import { handleBoost } from './boost.ts';
import { handleBudgetCurve } from './budget-curve.ts';
import { handleImport } from './import.ts';
import { readSettings, type Settings } from './settings.ts';
import { handleSteerTrain } from './steer/train.ts';
import { handleTrainSae } from './train-sae.ts';

/** By the kind of a run: what `residua work` can do. */
const handlers: RunHandlers<Settings> = {
  'train-sae': handleTrainSae,
  boost: handleBoost,
  'budget-curve': handleBudgetCurve,
  import: handleImport,
  'steer-train': handleSteerTrain,
};

export function workCommand(): Command {
  return new Command('work')
    .description('Work on queued runs until stopped. Any number of workers may share one database.')
    .addHelpText(
      'after',
      `
Runs come from \`residua train-sae --queue\`, \`boost --queue\`, \`steer train --queue\` and \`import --queue\`, from \`residua start\`, or from anybody who inserts one.
A worker that is stopped (Ctrl-C, SIGTERM) or killed loses nothing: the next worker takes its run up at the last
checkpoint, at once. A restart of Postgres interrupts a run in the same way. \`residua start\` runs a worker by itself.

On another machine, with the database of this one:
  DATABASE_URL=postgresql://… residua work`,
    )
    .action(() => work(readSettings()));
}

async function work(settings: Settings): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const url = await openDatabaseUrl(settings);
  await applyMigrations(url);
  const worker = openWorker({ url, handlers, settings, log: say });
  say(`waiting for runs of kind ${Object.keys(handlers).join(', ')}; Ctrl-C stops`);
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  await worker.close();
  // A handler that has not ended yet would keep the process; its run is back in the queue.
  process.exit(0);
}

function say(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}
