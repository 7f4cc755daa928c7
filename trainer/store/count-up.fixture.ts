/** A handler for tests: counts to LAST_STEP, with a metric point for each step. */
import { setTimeout as sleep } from 'node:timers/promises';
import { insertMetricPoints } from './metric-points.ts';
import type { RunHandler } from './queue.ts';

export const LAST_STEP = 30;
const STEP_MS = 20;

/** Goes on after the last point, as a real run goes on after its last checkpoint. */
export const countUp: RunHandler = async (run, { db, signal }) => {
  for (let step = run.lastSeq + 1; step <= LAST_STEP; step++) {
    signal.throwIfAborted();
    await insertMetricPoints(db, run.id, [{ name: 'pid', step, value: process.pid }]);
    await sleep(STEP_MS);
  }
};
