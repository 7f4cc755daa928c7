/**
 * What a run tells while it works: its phase, a few times a second at most, and its metric points, all of them and at
 * once: a checkpoint must never cover points that are not stored, or a kill would lose them.
 */
import type { RunId } from '@residua/prisma/ids';

import type { Database } from '../../store/database.ts';
import { insertMetricPoints, type MetricPoint } from '../../store/metric-points.ts';
import { savePhase, type RunPhase } from '../../store/runs.ts';

const PHASE_EVERY_MS = 400; // faster than that nobody reads

export interface Reporter {
  phase(phase: RunPhase): Promise<void>;
  points(points: readonly MetricPoint[]): Promise<void>;
}

export function createReporter(db: Database, run: RunId, now: () => number): Reporter {
  let lastPhase = '';
  let phaseAtMs = -Infinity;

  async function phase(next: RunPhase): Promise<void> {
    const isOver = next.phaseStep === next.phaseTotal;
    if (next.phase === lastPhase && !isOver && now() - phaseAtMs < PHASE_EVERY_MS) return;
    [lastPhase, phaseAtMs] = [next.phase, now()];
    await savePhase(db, run, next);
  }

  async function points(added: readonly MetricPoint[]): Promise<void> {
    await insertMetricPoints(db, run, added);
  }

  return { phase, points };
}
