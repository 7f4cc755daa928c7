/** Features of published dictionaries and what hangs on each of them: one statement for any number of features. */
import type { Sql, Statement, Integer } from '../sql.ts';
import { column, createListLoader, createRowLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

export interface Feature {
  readonly dictionaryId: number;
  readonly index: number;
  readonly density: number;
  readonly maxAct: number;
  readonly encoderNorm: number;
  readonly encoderBias: number;
  readonly encoderDecoderCosine: number;
  /** Null where its dictionary has no domain or where it is silent. */
  readonly domainShare: number | null;
  /** Of its dictionary: the budget where none is asked for. */
  readonly maxBudget: number;
  readonly modelId: number;
  /** Names the vocabulary together with modelId. */
  readonly modelSha256: string;
}

export interface FeatureStat {
  readonly budget: number;
  readonly fireCount: Integer;
  readonly tokenCount: Integer;
  readonly density: number;
  readonly maxAct: number;
  readonly meanAct: number;
  readonly histogram: number[];
}

export interface CorpusRate {
  readonly corpusId: number;
  readonly fireCount: Integer;
  readonly tokenCount: Integer;
}

export interface Interval {
  readonly interval: number;
  readonly lowerAct: number;
  readonly upperAct: number;
  readonly fireCount: Integer;
}

export interface Logit {
  readonly rank: number;
  readonly tokenIndex: number;
  readonly value: number;
}

export interface Neighbour {
  readonly rank: number;
  readonly neighbourIndex: number;
  readonly cosine: number;
}

export type FeatureKey = readonly [dictionaryId: number, index: number];
export type BudgetKey = readonly [dictionaryId: number, index: number, budget: number];
export type LogitKey = readonly [dictionaryId: number, index: number, side: 'top' | 'bottom', first: number];
export type CountKey = readonly [dictionaryId: number, index: number, first: number];

/** Columns of a Feature; f, d and m are feature, dictionary and model. */
export const FEATURE_COLUMNS = `f.dictionary_id as "dictionaryId", f.index, f.density, f.max_act as "maxAct",
  f.encoder_norm as "encoderNorm", f.encoder_bias as "encoderBias", f.encoder_decoder_cosine as "encoderDecoderCosine",
  f.domain_share as "domainShare", d.max_budget as "maxBudget", d.model_id as "modelId", m.sha256 as "modelSha256"`;

/** Columns of a FeatureStat; s is feature_level_stat. */
export const STAT_COLUMNS = `s.budget, s.fire_count as "fireCount", s.token_count as "tokenCount", s.density,
  s.max_act as "maxAct", s.mean_act as "meanAct", s.histogram`;

const FEATURE_KEYS = 'unnest($1::int[], $2::int[]) with ordinality as k(dictionary_id, feature_index, ord)';
const BUDGET_KEYS =
  'unnest($1::int[], $2::int[], $3::int[]) with ordinality as k(dictionary_id, feature_index, budget, ord)';
const AT_BUDGET =
  '(s.dictionary_id, s.feature_index, s.budget) = (k.dictionary_id, k.feature_index, k.budget)';

const FEATURES: Statement = {
  name: 'features',
  text: `select k.ord::int, ${FEATURE_COLUMNS} from ${FEATURE_KEYS}
    join feature f on f.dictionary_id = k.dictionary_id and f.index = k.feature_index
    join dictionary d on d.id = f.dictionary_id and d.published_at is not null
    join model m on m.id = d.model_id`,
};

const STAT: Statement = {
  name: 'feature-stat',
  text: `select k.ord::int, ${STAT_COLUMNS} from ${BUDGET_KEYS} join feature_level_stat s on ${AT_BUDGET}`,
};

const STATS: Statement = {
  name: 'feature-stats',
  text: `select k.ord::int, ${STAT_COLUMNS} from ${FEATURE_KEYS}
    join feature_level_stat s on s.dictionary_id = k.dictionary_id and s.feature_index = k.feature_index
    order by k.ord, s.budget`,
};

const CORPORA: Statement = {
  name: 'feature-corpora',
  text: `select k.ord::int, s.corpus_id as "corpusId", s.fire_count as "fireCount", s.token_count as "tokenCount"
    from ${BUDGET_KEYS} join feature_corpus_stat s on ${AT_BUDGET} order by k.ord, s.corpus_id`,
};

const INTERVALS: Statement = {
  name: 'feature-intervals',
  text: `select k.ord::int, s.interval, s.lower_act as "lowerAct", s.upper_act as "upperAct", s.fire_count as "fireCount"
    from ${BUDGET_KEYS} join feature_interval s on ${AT_BUDGET} order by k.ord, s.interval`,
};

const LOGITS: Statement = {
  name: 'feature-logits',
  text: `select k.ord::int, l.rank, l.token_index as "tokenIndex", l.value
    from unnest($1::int[], $2::int[], $3::text[], $4::int[]) with ordinality as k(dictionary_id, feature_index, side, first, ord)
    join feature_logit l on l.dictionary_id = k.dictionary_id and l.feature_index = k.feature_index
      and l.side = k.side::logit_side and l.rank < k.first
    order by k.ord, l.rank`,
};

const NEIGHBOURS: Statement = {
  name: 'feature-neighbours',
  text: `select k.ord::int, n.rank, n.neighbour_index as "neighbourIndex", n.cosine
    from unnest($1::int[], $2::int[], $3::int[]) with ordinality as k(dictionary_id, feature_index, first, ord)
    join feature_neighbour n on n.dictionary_id = k.dictionary_id and n.feature_index = k.feature_index and n.rank < k.first
    order by k.ord, n.rank`,
};

export function createFeatureLoaders(sql: Sql) {
  const feature = (statement: Statement) => (keys: readonly FeatureKey[]) =>
    [statement, [column(keys, 0), column(keys, 1)]] as const;
  const budget = (statement: Statement) => (keys: readonly BudgetKey[] | readonly CountKey[]) =>
    [statement, [column(keys, 0), column(keys, 1), column(keys, 2)]] as const;
  return {
    feature: createRowLoader<FeatureKey, Feature & Ordinal>((keys) => sql.rows(...feature(FEATURES)(keys))),
    stats: createListLoader<FeatureKey, FeatureStat & Ordinal>((keys) => sql.rows(...feature(STATS)(keys))),
    stat: createRowLoader<BudgetKey, FeatureStat & Ordinal>((keys) => sql.rows(...budget(STAT)(keys))),
    corpusRates: createListLoader<BudgetKey, CorpusRate & Ordinal>((keys) =>
      sql.rows(...budget(CORPORA)(keys)),
    ),
    intervals: createListLoader<BudgetKey, Interval & Ordinal>((keys) =>
      sql.rows(...budget(INTERVALS)(keys)),
    ),
    neighbours: createListLoader<CountKey, Neighbour & Ordinal>((keys) =>
      sql.rows(...budget(NEIGHBOURS)(keys)),
    ),
    logits: createListLoader<LogitKey, Logit & Ordinal>((keys) =>
      sql.rows(LOGITS, [column(keys, 0), column(keys, 1), column(keys, 2), column(keys, 3)]),
    ),
  };
}
