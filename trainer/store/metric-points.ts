/**
 * The numbers of a run over its steps. Within a run seq is 1, 2, 3, ... in commit order, so whoever has read up to a seq
 * misses nothing by asking for what comes after it.
 */
import type { RunId } from '@residua/prisma/ids';
import { inTransaction, type Database } from './database.ts';

export interface MetricPoint {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

/**
 * Returns the run's highest seq. Points whose (name, step) is stored already are left out, so a run that was killed and
 * repeats its last steps changes nothing. Listeners are told once for each batch that brought something new.
 */
export async function insertMetricPoints(
  db: Database,
  run: RunId,
  points: readonly MetricPoint[],
): Promise<number> {
  for (const point of points) checkPoint(point);
  return inTransaction(db, async (client) => {
    // The lock makes other writers of this run wait until our numbers are committed: no gap, no number twice.
    const locked = await client.query<{ lastSeq: number }>(
      'SELECT last_seq AS "lastSeq" FROM run WHERE id = $1 FOR UPDATE',
      [run],
    );
    if (locked.rows.length === 0)
      throw new Error(`There is no run ${run}: create it before its metric points.`);
    const { rows } = await client.query<{ lastSeq: number }>(INSERT_NEW_POINTS, [
      run,
      locked.rows[0].lastSeq,
      points.map(({ name }) => name),
      points.map(({ step }) => step),
      points.map(({ value }) => value),
    ]);
    return rows[0]?.lastSeq ?? locked.rows[0].lastSeq;
  });
}

// A statement of its own after the lock: only then does it see what the previous holder of the lock committed.
const INSERT_NEW_POINTS = `
  WITH given AS (
    SELECT DISTINCT ON (name, step) name, step, value, place
    FROM unnest($3::text[], $4::int[], $5::float8[]) WITH ORDINALITY AS point (name, step, value, place)
    ORDER BY name, step, place
  ), fresh AS (
    SELECT given.* FROM given
    WHERE NOT EXISTS (SELECT FROM metric_point old WHERE (old.run_id, old.name, old.step) = ($1, given.name, given.step))
  ), added AS (
    INSERT INTO metric_point (run_id, seq, name, step, value)
    SELECT $1, $2 + row_number() OVER (ORDER BY place), name, step, value FROM fresh
    RETURNING seq
  ), counted AS (
    UPDATE run SET last_seq = (SELECT max(seq) FROM added) WHERE id = $1 AND EXISTS (SELECT FROM added)
    RETURNING id, last_seq, status
  )
  SELECT last_seq AS "lastSeq", notify_run_progress(id, last_seq, status) FROM counted`;

function checkPoint({ name, step, value }: MetricPoint): void {
  if (Number.isFinite(value) && Number.isInteger(step) && step >= 0) return;
  throw new Error(
    `Metric ${name} at step ${step} is ${value}: expected a finite number at a whole step. ` +
      'A loss that is not finite means that the training has diverged: lower the learning rate.',
  );
}
