/** Runs: created, claimed, followed and ended. Every change of status is told on the channel run_progress. */
import type { RunId } from '@residua/prisma/ids';
import type { Queryable } from './database.ts';

export type RunStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Run {
  readonly id: RunId;
  /** Natural key. */
  readonly slug: string;
  /** The command, e.g. train-sae. */
  readonly kind: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly config: unknown;
  readonly step: number;
  readonly stepTotal: number;
  readonly error: string | null;
  readonly lastSeq: number;
}

export interface NewRun {
  readonly slug: string;
  readonly kind: string;
  readonly name: string;
  /** Plain JSON: everything the command needs. */
  readonly config: unknown;
}

/** What a run is doing now. */
export interface RunPhase {
  /** harvest, train, read-out, publish, ... */
  readonly phase: string;
  readonly phaseStep: number;
  readonly phaseTotal: number;
  /** Over the whole run. */
  readonly step?: number;
  readonly stepTotal?: number;
  /** Name of the tensor backend. */
  readonly backend?: string;
}

const COLUMNS =
  'id, slug, kind, name, status, config, step, step_total AS "stepTotal", error, last_seq AS "lastSeq"';

/** An UPDATE of one run that tells listeners. */
const updateAndNotify = (change: string): string => `
  WITH changed AS (UPDATE run SET ${change} RETURNING *)
  SELECT ${COLUMNS}, notify_run_progress(id, last_seq, status) FROM changed`;

export async function createRun(db: Queryable, run: NewRun): Promise<{ run: Run; isNew: boolean }> {
  const config = JSON.stringify(run.config);
  const inserted = await db.query<Run>(
    `WITH fresh AS (
       INSERT INTO run (slug, kind, name, config) VALUES ($1, $2, $3, $4) ON CONFLICT (slug) DO NOTHING RETURNING *)
     SELECT ${COLUMNS}, notify_run_progress(id, last_seq, status) FROM fresh`,
    [run.slug, run.kind, run.name, config],
  );
  if (inserted.rows.length > 0) return { run: parseRun(inserted.rows[0]), isNew: true };
  const { rows } = await db.query<Run & { isSame: boolean }>(
    `SELECT ${COLUMNS}, kind = $2 AND config = $3::jsonb AS "isSame" FROM run WHERE slug = $1`,
    [run.slug, run.kind, config],
  );
  if (!rows[0].isSame) {
    throw new Error(
      `Run ${run.slug} exists with other settings: expected ${rows[0].kind} ${JSON.stringify(rows[0].config)}, ` +
        `got ${run.kind} ${config}. Give the new run another slug.`,
    );
  }
  return { run: parseRun(rows[0]), isNew: false };
}

/** Gives a run that failed or was cancelled other settings, and queues it again; false where there is none such. */
export async function reviseRun(db: Queryable, { slug, kind, name, config }: NewRun): Promise<boolean> {
  const { rows } = await db.query(
    updateAndNotify(`status = 'queued', error = NULL, finished_at = NULL, name = $3, config = $4
      WHERE slug = $1 AND kind = $2 AND status IN ('failed', 'cancelled') AND config <> $4::jsonb`),
    [slug, kind, name, JSON.stringify(config)],
  );
  return rows.length > 0;
}

export async function loadRun(db: Queryable, slug: string): Promise<Run | undefined> {
  const { rows } = await db.query<Run>(`SELECT ${COLUMNS} FROM run WHERE slug = $1`, [slug]);
  return rows[0] && parseRun(rows[0]);
}

/** Takes a run up, for the first time or again; undefined when it has ended (done, failed or cancelled). */
export async function claimRun(db: Queryable, id: RunId): Promise<Run | undefined> {
  const { rows } = await db.query<Run>(
    updateAndNotify(`status = 'running', error = NULL, started_at = coalesce(started_at, now()), heartbeat_at = now()
      WHERE id = $1 AND status IN ('queued', 'running')`),
    [id],
  );
  return rows[0] && parseRun(rows[0]);
}

/** Says that the run is alive; tells its status, which somebody may have changed to cancelled. */
export async function saveHeartbeat(db: Queryable, id: RunId): Promise<RunStatus | undefined> {
  const { rows } = await db.query<{ status: RunStatus }>(
    'UPDATE run SET heartbeat_at = now() WHERE id = $1 RETURNING status',
    [id],
  );
  return rows[0]?.status;
}

export async function savePhase(db: Queryable, id: RunId, phase: RunPhase): Promise<void> {
  await db.query(
    updateAndNotify(`phase = $2, phase_step = $3, phase_total = $4, step = coalesce($5, step),
      step_total = coalesce($6, step_total), backend = coalesce($7, backend), heartbeat_at = now() WHERE id = $1`),
    [
      id,
      phase.phase,
      phase.phaseStep,
      phase.phaseTotal,
      phase.step ?? null,
      phase.stepTotal ?? null,
      phase.backend ?? null,
    ],
  );
}

export async function finishRun(db: Queryable, id: RunId): Promise<void> {
  await db.query(
    updateAndNotify(
      `status = 'done', error = NULL, finished_at = now() WHERE id = $1 AND status = 'running'`,
    ),
    [id],
  );
}

/** `error` is read by the person who started it: what was expected, what came, what to do. */
export async function failRun(db: Queryable, id: RunId, error: string): Promise<void> {
  await db.query(
    updateAndNotify(`status = 'failed', error = $2, finished_at = now()
      WHERE id = $1 AND status IN ('queued', 'running')`),
    [id, error],
  );
}

export async function cancelRun(db: Queryable, id: RunId): Promise<void> {
  await db.query(
    updateAndNotify(
      `status = 'cancelled', finished_at = now() WHERE id = $1 AND status IN ('queued', 'running')`,
    ),
    [id],
  );
}

/** Back to the queue, so that whoever claims it next goes on: a stop that was asked for, or another try. */
export async function requeueRun(db: Queryable, id: RunId): Promise<void> {
  await db.query(
    updateAndNotify(`status = 'queued', error = NULL, finished_at = NULL WHERE id = $1 AND status <> 'done'`),
    [id],
  );
}

/** Drops the column of the notification. */
function parseRun({ id, slug, kind, name, status, config, step, stepTotal, error, lastSeq }: Run): Run {
  return { id, slug, kind, name, status, config, step, stepTotal, error, lastSeq };
}
