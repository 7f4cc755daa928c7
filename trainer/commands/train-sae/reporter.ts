/**
 * What a run tells while it works: its phase, a few times a second at most, and its metric points, all of them.
 * A database that is away for a moment does not stop the training: words about the phase are dropped, points are kept and
 * sent later.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunId } from '@residua/prisma/ids';

import { isConnectionError, type Database } from '../../store/database.ts';
import { insertMetricPoints, type MetricPoint } from '../../store/metric-points.ts';
import { savePhase, type RunPhase } from '../../store/runs.ts';

const PHASE_EVERY_MS = 400;
const FLUSH_EVERY_MS = 250; // the page redraws about as often
const MAX_HELD_POINTS = 20_000; // about an hour of training without a database
const RETRY_MS = 1_000;
const RETRIES = 300;

export interface Reporter {
  phase(phase: RunPhase): Promise<void>;
  points(points: readonly MetricPoint[]): Promise<void>;
  /** Waits until every point is stored; the last word of a phase. */
  flush(): Promise<void>;
}

export function createReporter(db: Database, run: RunId, now: () => number, signal: AbortSignal): Reporter {
  let lastPhase = '';
  let phaseAtMs = -Infinity;
  let flushedAtMs = -Infinity;
  let held: MetricPoint[] = [];

  async function phase(next: RunPhase): Promise<void> {
    const isNew = next.phase !== lastPhase;
    if (!isNew && now() - phaseAtMs < PHASE_EVERY_MS) return;
    [lastPhase, phaseAtMs] = [next.phase, now()];
    await savePhase(db, run, next).catch(ignoreLostConnection);
  }

  async function send(): Promise<void> {
    if (held.length === 0) return;
    const batch = held;
    await insertMetricPoints(db, run, batch);
    held = held.slice(batch.length);
    flushedAtMs = now();
  }

  async function points(added: readonly MetricPoint[]): Promise<void> {
    held.push(...added);
    if (held.length > MAX_HELD_POINTS) return flush();
    if (now() - flushedAtMs >= FLUSH_EVERY_MS) await send().catch(ignoreLostConnection);
  }

  async function flush(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await send();
      } catch (error) {
        if (!isConnectionError(error) || attempt === RETRIES) throw error;
        await sleep(RETRY_MS, undefined, { signal });
      }
    }
  }

  return { phase, points, flush };
}

function ignoreLostConnection(error: unknown): void {
  if (!isConnectionError(error)) throw error;
}
