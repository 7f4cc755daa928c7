/** Asks for the demo run; asking again changes nothing, except that one that failed is tried again. */
import { openDatabase } from '../../store/database.ts';
import { enqueueRun, retryRun } from '../../store/queue.ts';
import { loadRun } from '../../store/runs.ts';
import { chooseDemoConfig, demoConfig, DEMO_RUN_SLUG } from '../demo.ts';

export async function enqueueDemo(databaseUrl: string, backend: string | undefined): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 1 });
  try {
    // A run that is there keeps the settings it began with, though the demo's may have changed since.
    const found = await loadRun(db, DEMO_RUN_SLUG);
    if (found?.status === 'failed') await retryRun(db, DEMO_RUN_SLUG);
    const config = found?.config ?? chooseDemoConfig(backend);
    await enqueueRun(db, { slug: DEMO_RUN_SLUG, kind: 'train-sae', name: demoConfig.name, config });
  } finally {
    await db.end();
  }
}
