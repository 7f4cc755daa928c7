/** Metric points of runs: one statement for any number of runs. */
import type { PointRow } from '../run-feed.ts';
import type { Sql, Statement } from '../sql.ts';
import { column, createListLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

/** name null: every metric. */
export type PointKey = readonly [runId: number, afterSeq: number, first: number, name: string | null];

const POINTS: Statement = {
  name: 'points',
  text: `select k.ord::int, p.run_id as "runId", p.seq, p.name, p.step, p.value, p.at
    from unnest($1::int[], $2::int[], $3::int[], $4::text[]) with ordinality as k(run_id, after_seq, first, name, ord)
    cross join lateral (
      select * from metric_point p
      where p.run_id = k.run_id and p.seq > k.after_seq and (k.name is null or p.name = k.name)
      order by p.seq limit k.first
    ) p
    order by k.ord, p.seq`,
};

export function createPointLoader(sql: Sql) {
  return createListLoader<PointKey, PointRow & Ordinal>((keys) =>
    sql.rows(POINTS, [column(keys, 0), column(keys, 1), column(keys, 2), column(keys, 3)]),
  );
}
