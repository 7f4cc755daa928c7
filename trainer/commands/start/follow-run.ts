/** Shows on the screen how a run goes, by looking at its row as anyone could. */
import { setTimeout as sleep } from 'node:timers/promises';

import { isConnectionError, openDatabase, type Database } from '../../store/database.ts';
import { formatSeconds, type Screen } from './screen.ts';

const POLL_MS = 500;
const RATE_OVER_MS = 10_000; // long enough to be steady, short enough to follow a change

interface RunRow {
  readonly kind: string;
  readonly status: string;
  readonly phase: string;
  readonly phaseStep: number;
  readonly phaseTotal: number;
  readonly error: string | null;
}

/** By phase, or by kind and phase where a kind of run has other words. */
const PHASES: Readonly<Record<string, string>> = {
  prepare: 'opening the model and its text',
  harvest: 'collecting hidden states',
  train: 'training the dictionary',
  evaluate: 'evaluating, method by method',
  publish: 'publishing',
  'steer-train/prepare': 'opening model and problems',
  'steer-train/train': 'training vectors',
  'steer-train/measure': 'measuring right answers',
};

export interface Followed {
  readonly databaseUrl: string;
  /** Of the run. */
  readonly slug: string;
  /** The line it has on the screen. */
  readonly line: string;
  /** What the line says when the run is done. */
  readonly doneText: string;
}

/** Returns when the run has ended, or when the signal says to stop looking. */
export async function followRun(
  { databaseUrl, slug, line, doneText }: Followed,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 1, applicationName: 'residua-follow' });
  const rate = createRate();
  screen.begin(line, 'queued', 'waiting');
  try {
    while (!signal.aborted) {
      const run = await loadRow(db, slug);
      if (run?.status === 'done') return screen.end(line, doneText);
      if (run?.status === 'failed' || run?.status === 'cancelled') {
        return screen.end(line, `${run.status}: ${run.error ?? 'no reason was written down'}`, 'failed');
      }
      if (run?.status === 'running' && run.phase) screen.update(line, describe(run, rate(run)));
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await db.end();
  }
}

async function loadRow(db: Database, slug: string): Promise<RunRow | undefined> {
  try {
    const { rows } = await db.query<RunRow>(
      'SELECT kind, status, phase, phase_step AS "phaseStep", phase_total AS "phaseTotal", error FROM run WHERE slug = $1',
      [slug],
    );
    return rows[0];
  } catch (error) {
    if (isConnectionError(error)) return undefined; // the server is being restarted: look again
    throw error;
  }
}

function describe(run: RunRow, stepsPerMs: number) {
  const { kind, phase, phaseStep, phaseTotal } = run;
  const words = PHASES[`${kind}/${phase}`] ?? PHASES[phase] ?? phase;
  if (phaseTotal <= 1) return { text: words };
  const pace = stepsPerMs > 0 ? describePace(phaseTotal - phaseStep, stepsPerMs * 1000) : '';
  return { fraction: phaseStep / phaseTotal, text: `${words}: ${phaseStep} of ${phaseTotal}${pace}` };
}

function describePace(stepsLeft: number, perSecond: number): string {
  const rate = perSecond.toFixed(perSecond < 10 ? 1 : 0);
  return `, ${rate} a second, ${formatSeconds(stepsLeft / perSecond)} left of this`;
}

/** Steps per millisecond of the present phase, over the last seconds. */
function createRate(): (run: RunRow) => number {
  let seen: { phase: string; step: number; atMs: number }[] = [];
  return ({ phase, phaseStep }) => {
    const atMs = Date.now();
    seen = seen.filter(
      (one) => one.phase === phase && one.step <= phaseStep && atMs - one.atMs < RATE_OVER_MS,
    );
    seen.push({ phase, step: phaseStep, atMs });
    const first = seen[0];
    return atMs > first.atMs ? (phaseStep - first.step) / (atMs - first.atMs) : 0;
  };
}
