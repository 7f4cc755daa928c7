/** Runs and their points as the feeds read them from Postgres. */
import type { PrismaClient, Run } from '@residua/prisma/generated/client/client';
import type { Hub } from './live.ts';
import type { PointRow, RunSource } from './run-feed.ts';
import type { Sql, Statement } from './sql.ts';

const LAST_SEQ: Statement = {
  name: 'run-last-seq',
  text: 'select coalesce(max(seq), 0) as seq from metric_point where run_id = $1',
};

const POINTS: Statement = {
  name: 'run-points',
  text: `select run_id as "runId", seq, name, step, value, at from metric_point
    where run_id = $1 and seq > $2 order by seq limit $3`,
};

export function createRunSource(db: PrismaClient, sql: Sql, hub: Hub): RunSource<Run> {
  return {
    run: (id) => db.run.findUnique({ where: { id } }),
    isEnded: (run) => run.status === 'done' || run.status === 'failed' || run.status === 'cancelled',
    lastSeq: async (id) => (await sql.rows<{ seq: number }>(LAST_SEQ, [id]))[0].seq,
    points: (id, afterSeq, limit) => sql.rows<PointRow>(POINTS, [id, afterSeq, limit]),
    listen: (id, wake) =>
      hub.listen('run_progress', (event) => {
        if (event === undefined || event.run === id) wake();
      }),
  };
}
