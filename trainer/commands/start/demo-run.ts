/** Asks for the demo run; asking again changes nothing, except that one that failed is tried again. */
import path from 'node:path';

import { loadConfig } from '../../lm/model.ts';
import { openDatabase } from '../../store/database.ts';
import { enqueueRun, retryRun } from '../../store/queue.ts';
import { loadRun } from '../../store/runs.ts';
import type { OpenedBackend } from '../backends/probe-backends.ts';
import { demoConfig, DEMO_RUN_SLUG, smallDemoConfig } from '../demo.ts';
import { findReasons, formatSummary, readMemoryRoom, type MemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import type { TrainSaeConfig } from '../train-sae/config.ts';
import { planTrainSae } from '../train-sae/memory.ts';

export interface Demo {
  readonly config: TrainSaeConfig;
  /** What it will need in memory, and what there is. */
  readonly memory: string;
}

/** The demo in full where something fast computes and there is room for it; else in small. */
export async function pickDemo(
  backend: OpenedBackend,
  room: MemoryRoom = readMemoryRoom(backend),
): Promise<Demo> {
  const model = await loadConfig(path.join(checkout, demoConfig.modelFolder));
  const planOf = (config: TrainSaeConfig) => planTrainSae(config, model, backend.planned).plan;
  const isFast = backend.name === 'native' || backend.isOnCard;
  const isFull = isFast && findReasons(planOf(demoConfig), room).length === 0;
  const config = isFull ? demoConfig : smallDemoConfig;
  return { config, memory: formatSummary(planOf(config), room) };
}

export async function enqueueDemo(databaseUrl: string, demo: TrainSaeConfig): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 1 });
  try {
    // A run that is there keeps the settings it began with, though the demo's may have changed since.
    const found = await loadRun(db, DEMO_RUN_SLUG);
    if (found?.status === 'failed') await retryRun(db, DEMO_RUN_SLUG);
    const config = found?.config ?? demo;
    await enqueueRun(db, { slug: DEMO_RUN_SLUG, kind: 'train-sae', name: demoConfig.name, config });
  } finally {
    await db.end();
  }
}
