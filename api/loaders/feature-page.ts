/**
 * A page of a dictionary's features: keyset over (density | max act | domain share | index, index) at one budget, read
 * off the indexes of feature_level_stat and, for the domain share, of feature. One text per order and direction; filters are parameters that may be null.
 */
import { createCursor, parseCursor } from '../page.ts';
import type { Page, SortKey } from '../page.ts';
import type { Sql, Statement } from '../sql.ts';
import { FEATURE_COLUMNS } from './feature.ts';
import type { Feature, FeatureStat } from './feature.ts';

export type FeatureOrderField = 'INDEX' | 'DENSITY' | 'MAX_ACT' | 'DOMAIN_SHARE';
export type OrderDirection = 'ASC' | 'DESC';

export interface FeatureOrder {
  readonly field: FeatureOrderField;
  readonly direction: OrderDirection;
}

export interface FeatureFilter {
  readonly label?: string | null;
  readonly minDensity?: number | null;
  readonly maxDensity?: number | null;
  readonly minMaxAct?: number | null;
  readonly dead?: boolean | null;
  readonly corpus?: string | null;
}

export interface FeatureList {
  readonly dictionaryId: number;
  readonly budget: number;
  readonly order: FeatureOrder;
  readonly filter: FeatureFilter;
}

/** A feature with its stat at the list's budget. */
export interface FeatureRow {
  readonly feature: Feature;
  readonly stat: FeatureStat;
}

/** What sorts within f, a feature, and s, its stat; null for the index alone. */
const SORT_COLUMN = {
  INDEX: null,
  DENSITY: 's.density',
  MAX_ACT: 's.max_act',
  // As its index has it: features without a share come below all that have one.
  DOMAIN_SHARE: 'coalesce(f.domain_share, -1)',
} as const;

/** The rows of a page as they are found; the domain share is found in the feature, all else in its stat. */
const STATS = 'feature_level_stat s';
const FEATURES_WITH_STATS = `feature f join ${STATS} on (s.dictionary_id, s.feature_index) = (f.dictionary_id, f.index)`;

/** $1 dictionary, $2 budget, $3... the filter in the order of filterValues. */
const CONDITIONS = `s.dictionary_id = $1 and s.budget = $2
  and ($3::text is null or exists (select 1 from label l
    where l.dictionary_id = s.dictionary_id and l.feature_index = s.feature_index and l.text ilike $3))
  and ($4::float8 is null or s.density >= $4)
  and ($5::float8 is null or s.density <= $5)
  and ($6::float8 is null or s.max_act >= $6)
  and ($7::bool is null or (s.fire_count = 0) = $7)
  and ($8::text is null or $8 = (select c.slug from feature_corpus_stat r join corpus c on c.id = r.corpus_id
    where r.dictionary_id = s.dictionary_id and r.feature_index = s.feature_index and r.budget = s.budget and r.fire_count > 0
    order by r.fire_count::float8 / greatest(r.token_count, 1) desc, r.corpus_id limit 1))`;

const COUNT: Statement = {
  name: 'feature-page-count',
  text: `select count(*) as count from feature_level_stat s where ${CONDITIONS}`,
};

/** The stat's columns under names of their own: a row holds a feature and its stat. */
const STAT_ALIASES = `s.budget as "statBudget", s.fire_count as "statFireCount", s.token_count as "statTokenCount",
  s.density as "statDensity", s.max_act as "statMaxAct", s.mean_act as "statMeanAct", s.histogram as "statHistogram"`;

type JoinedRow = Feature & {
  readonly statBudget: number;
  readonly statFireCount: FeatureStat['fireCount'];
  readonly statTokenCount: FeatureStat['tokenCount'];
  readonly statDensity: number;
  readonly statMaxAct: number;
  readonly statMeanAct: number;
  readonly statHistogram: number[];
};

/** Rows beyond the sort key ($9, $10), $11 of them. */
function pageStatement(field: FeatureOrderField, isAscending: boolean): Statement {
  const direction = isAscending ? 'asc' : 'desc';
  const beyond = isAscending ? '>' : '<';
  const sort = SORT_COLUMN[field];
  const [rows, index] =
    field === 'DOMAIN_SHARE'
      ? [`${FEATURES_WITH_STATS} where f.dictionary_id = $1 and`, 'f.index']
      : [`${STATS} where`, 's.feature_index'];
  // The index is its own tie-breaker; $9 is then the same number and only has to have a type.
  const key =
    sort === null
      ? `${index} ${beyond} $10::int and $9::float8 is not null`
      : `(${sort}, ${index}) ${beyond} ($9::float8, $10::int)`;
  const order = sort === null ? `${index} ${direction}` : `${sort} ${direction}, ${index} ${direction}`;
  return {
    name: `feature-page-${field}-${direction}`.toLowerCase(),
    text: `select ${FEATURE_COLUMNS}, ${STAT_ALIASES}
      from (select s.* from ${rows} ${CONDITIONS} and ${key} order by ${order} limit $11) s
      join feature f on f.dictionary_id = s.dictionary_id and f.index = s.feature_index
      join dictionary d on d.id = f.dictionary_id and d.published_at is not null
      join model m on m.id = d.model_id
      order by ${order}`,
  };
}

export async function loadFeaturePage(sql: Sql, list: FeatureList, page: Page): Promise<FeatureRow[]> {
  const isAscending = (list.order.direction === 'ASC') !== page.isBackward;
  const start = isAscending ? [-Infinity, -1] : [Infinity, MAX_INDEX];
  const key = page.cursor === null ? start : parseFeatureCursor(list, page.cursor);
  const statement = pageStatement(list.order.field, isAscending);
  const rows = await sql.rows<JoinedRow>(statement, [...filterValues(list), ...key, page.size + 1]);
  return rows.map(splitRow);
}

export async function countFeatures(sql: Sql, list: FeatureList): Promise<number> {
  return (await sql.rows<{ count: number }>(COUNT, filterValues(list)))[0].count;
}

export function createFeatureCursor(list: FeatureList, { feature, stat }: FeatureRow): string {
  const sort = {
    INDEX: feature.index,
    DENSITY: stat.density,
    MAX_ACT: stat.maxAct,
    DOMAIN_SHARE: feature.domainShare ?? -1,
  }[list.order.field];
  return createCursor(scopeOf(list), [sort, feature.index]);
}

function parseFeatureCursor(list: FeatureList, cursor: string): SortKey {
  return parseCursor(scopeOf(list), cursor);
}

function scopeOf({ dictionaryId, budget, order }: FeatureList): string {
  return `features.${dictionaryId}.${budget}.${order.field}.${order.direction}`;
}

/** Beyond every index. */
const MAX_INDEX = 2_147_483_647;

function filterValues({ dictionaryId, budget, filter }: FeatureList): unknown[] {
  const label = filter.label?.trim();
  return [
    dictionaryId,
    budget,
    label ? `%${escapeLike(label)}%` : null,
    filter.minDensity ?? null,
    filter.maxDensity ?? null,
    filter.minMaxAct ?? null,
    filter.dead ?? null,
    filter.corpus ?? null,
  ];
}

/** A text to be found as it is inside LIKE. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

function splitRow(row: JoinedRow): FeatureRow {
  const {
    statBudget,
    statFireCount,
    statTokenCount,
    statDensity,
    statMaxAct,
    statMeanAct,
    statHistogram,
    ...feature
  } = row;
  return {
    feature,
    stat: {
      budget: statBudget,
      fireCount: statFireCount,
      tokenCount: statTokenCount,
      density: statDensity,
      maxAct: statMaxAct,
      meanAct: statMeanAct,
      histogram: statHistogram,
    },
  };
}
