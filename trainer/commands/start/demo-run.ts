/** Asks for the demo run; asking again changes nothing. */
import { openDatabase } from '../../store/database.ts';
import { enqueueRun } from '../../store/queue.ts';
import { demoConfig, DEMO_RUN_SLUG } from '../demo.ts';

export async function enqueueDemo(databaseUrl: string): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 1 });
  try {
    await enqueueRun(db, {
      slug: DEMO_RUN_SLUG,
      kind: 'train-sae',
      name: demoConfig.name,
      config: demoConfig,
    });
  } finally {
    await db.end();
  }
}
