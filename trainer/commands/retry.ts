/** `residua retry`: puts a failed or cancelled run back into the queue. */
import { Command } from 'commander';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import { openDatabase } from '../store/database.ts';
import { retryRun } from '../store/queue.ts';
import { readSettings } from './settings.ts';

export function retryCommand(): Command {
  return new Command('retry')
    .description('Put a failed or cancelled run back into the queue; it goes on from its last checkpoint.')
    .argument('<run>', 'slug of the run, as in /runs/<slug>')
    .addHelpText(
      'after',
      `
What made it fail is on its page and in the run's error. Mend that first: the same cause would fail it again.

  residua retry demo-dictionary      then: residua work, unless a worker is running`,
    )
    .action(retry);
}

async function retry(slug: string): Promise<void> {
  const url = await openDatabaseUrl(readSettings());
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-retry' });
  try {
    await retryRun(db, slug);
    console.log(`run ${slug} is queued again: a worker takes it up at once (residua work starts one)`);
  } finally {
    await db.end();
  }
}
