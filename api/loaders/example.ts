/**
 * Examples of features as they are at one budget: only acts with rank < budget are there, so the same window is
 * stronger, weaker or absent at another budget. One statement for any number of features.
 */
import type { Integer, Sql, Statement } from '../sql.ts';
import { column, createListLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

export interface ExampleRow extends Ordinal {
  readonly dictionaryId: number;
  readonly featureIndex: number;
  readonly budget: number;
  readonly windowId: Integer;
  readonly corpusId: number;
  readonly modelId: number;
  readonly modelSha256: string;
  readonly start: Integer;
  readonly tokens: number[];
  /** Where the strongest act visible at the budget lies. */
  readonly interval: number;
  readonly isTop: boolean;
  readonly positions: number[];
  readonly acts: number[];
  readonly ranks: number[];
}

/** interval null: whatever interval. */
export type ExampleKey = readonly [
  dictionaryId: number,
  index: number,
  budget: number,
  interval: number | null,
  first: number,
];

/** The interval of the visible act: the highest whose lower edge it exceeds; as stored where the budget has no edges. */
const INTERVAL = `coalesce((select max(i.interval) from feature_interval i
  where i.dictionary_id = v.dictionary_id and i.feature_index = v.feature_index and i.budget = k.budget
    and i.lower_act < v.visible_act), v.interval)`;

const EXAMPLES: Statement = {
  name: 'examples',
  text: `select k.ord::int, k.dictionary_id as "dictionaryId", k.feature_index as "featureIndex", k.budget,
      e.window_id as "windowId", w.corpus_id as "corpusId", w.model_id as "modelId", m.sha256 as "modelSha256",
      w.start, w.tokens, e.shown_interval as interval, e.is_top as "isTop", e.positions, e.acts, e.ranks
    from unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[])
      with ordinality as k(dictionary_id, feature_index, budget, interval, first, ord)
    cross join lateral (
      select v.*, ${INTERVAL} as shown_interval from (
        select e.*, (select max(a.act) from unnest(e.acts, e.ranks) as a(act, rank) where a.rank < k.budget) as visible_act
        from example e
        where e.dictionary_id = k.dictionary_id and e.feature_index = k.feature_index and e.min_rank < k.budget
      ) v
      where k.interval is null or ${INTERVAL} = k.interval
      order by v.visible_act desc, v.window_id limit k.first
    ) e
    join token_window w on w.id = e.window_id
    join model m on m.id = w.model_id
    order by k.ord, e.visible_act desc, e.window_id`,
};

export function createExampleLoader(sql: Sql) {
  return createListLoader<ExampleKey, ExampleRow>((keys) =>
    sql.rows(EXAMPLES, [column(keys, 0), column(keys, 1), column(keys, 2), column(keys, 3), column(keys, 4)]),
  );
}

export interface VisibleAct {
  readonly position: number;
  readonly act: number;
  readonly rank: number;
}

/**
 * Acts of a window that are there at its budget, by position. Acts are float4, which Postgres prints in as few digits as
 * tell them apart; rounded back, they compare with the edges of intervals and with a feature's strongest act.
 */
export function visibleActs({ positions, acts, ranks, budget }: ExampleRow): Map<number, VisibleAct> {
  const visible = new Map<number, VisibleAct>();
  positions.forEach((position, i) => {
    if (ranks[i] < budget) visible.set(position, { position, act: Math.fround(acts[i]), rank: ranks[i] });
  });
  return visible;
}

export function strongestAct(example: ExampleRow): VisibleAct {
  let strongest: VisibleAct | undefined;
  for (const act of visibleActs(example).values()) if (!strongest || act.act > strongest.act) strongest = act;
  if (!strongest)
    throw new Error(
      `example ${example.windowId} of feature ${example.featureIndex} has no act at budget ${example.budget}`,
    );
  return strongest;
}
