/** Trials of experiments and what was measured of them: one statement for any number of dictionaries or trials. */
import type { Integer, Sql, Statement } from '../sql.ts';
import { column, createListLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

export interface Evaluation {
  readonly corpusId: number;
  readonly budget: number;
  readonly explainedVariance: number;
  readonly ceOriginal: number;
  readonly ceSpliced: number;
  readonly ceZero: number;
  readonly ceRecovered: number | null;
  readonly deltaCe: number;
  readonly klNats: number;
  readonly l0: number;
  readonly residualL0: number | null;
  readonly deadFraction: number;
  readonly tokenCount: Integer;
  readonly ceTokenCount: Integer;
}

/** corpus null: every corpus. */
export type EvaluationKey = readonly [trialId: number, corpus: string | null];
/** experiment null: every experiment. */
export type TrialKey = readonly [dictionaryId: number, experiment: string | null, first: number];

/** Trials of one method lie together, its seeds side by side. */
export const TRIAL_ORDER = [
  { experiment: 'asc' },
  { domain: { sort: 'asc', nulls: 'first' } },
  { method: 'asc' },
  { k: 'asc' },
  { trainTokenCount: 'asc' },
  { seed: 'asc' },
  { id: 'asc' },
] as const;

/** The same order. */
const DICTIONARY_TRIALS: Statement = {
  name: 'dictionary-trials',
  text: `select k.ord::int, t.id
    from unnest($1::int[], $2::text[], $3::int[]) with ordinality as k(dictionary_id, experiment, first, ord)
    cross join lateral (
      select t.id, row_number() over (order by t.experiment, t.domain nulls first, t.method, t.k, t.train_token_count, t.seed,
        t.id) as place
      from trial t
      where (t.base_id = k.dictionary_id or t.dictionary_id = k.dictionary_id)
        and (k.experiment is null or t.experiment = k.experiment)
      order by place limit k.first
    ) t
    order by k.ord, t.place`,
};

const EVALUATIONS: Statement = {
  name: 'evaluations',
  text: `select k.ord::int, e.corpus_id as "corpusId", e.budget, e.explained_variance as "explainedVariance",
      e.ce_original as "ceOriginal", e.ce_spliced as "ceSpliced", e.ce_zero as "ceZero", e.ce_recovered as "ceRecovered",
      e.delta_ce as "deltaCe", e.kl_nats as "klNats", e.l0, e.residual_l0 as "residualL0",
      e.dead_fraction as "deadFraction", e.token_count as "tokenCount", e.ce_token_count as "ceTokenCount"
    from unnest($1::int[], $2::text[]) with ordinality as k(trial_id, corpus, ord)
    join evaluation e on e.trial_id = k.trial_id
    join corpus c on c.id = e.corpus_id and (k.corpus is null or c.slug = k.corpus)
    order by k.ord, c.slug, e.corpus_id, e.budget`,
};

export function createTrialLoaders(sql: Sql) {
  return {
    dictionaryTrialIds: createListLoader<TrialKey, { id: number } & Ordinal>((keys) =>
      sql.rows(DICTIONARY_TRIALS, [column(keys, 0), column(keys, 1), column(keys, 2)]),
    ),
    evaluations: createListLoader<EvaluationKey, Evaluation & Ordinal>((keys) =>
      sql.rows(EVALUATIONS, [column(keys, 0), column(keys, 1)]),
    ),
  };
}
