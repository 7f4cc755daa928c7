/**
 * Features beside their like in other dictionaries: the matches of a feature, of a whole dictionary page by page, and
 * their distribution. Both dictionaries must be published: for `other` the callers have looked.
 */
import { createCursor, parseCursor } from '../page.ts';
import type { Page } from '../page.ts';
import type { Sql, Statement } from '../sql.ts';
import { column, createListLoader, createRowLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';
import type { OrderDirection } from './feature-page.ts';

export type MatchMethod = 'decoder_cosine' | 'encoder_cosine' | 'one_to_one' | 'act_correlation';

export interface FeatureMatch {
  readonly dictionaryId: number;
  readonly featureIndex: number;
  readonly otherDictionaryId: number;
  readonly otherIndex: number;
  readonly method: MatchMethod;
  readonly rank: number;
  readonly value: number;
}

/** otherDictionaryId null: whatever published dictionary. */
export type FeatureMatchKey = readonly [
  dictionaryId: number,
  index: number,
  otherDictionaryId: number | null,
  method: MatchMethod,
  first: number,
];
export type MatchKey = readonly [dictionaryId: number, otherDictionaryId: number, method: MatchMethod];
export type ThresholdKey = readonly [...MatchKey, threshold: number];

/** Bins of a distribution of cosines or correlations, from -1 to 1. */
export const COSINE_BINS = 40;

const MATCH_COLUMNS = `m.dictionary_id as "dictionaryId", m.feature_index as "featureIndex",
  m.other_dictionary_id as "otherDictionaryId", m.other_index as "otherIndex", m.method, m.rank, m.value`;

/** Dictionary by dictionary, because the key of a match begins with the two dictionaries. */
const FEATURE_MATCHES: Statement = {
  name: 'feature-matches',
  text: `select k.ord::int, m.*
    from unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::int[])
      with ordinality as k(dictionary_id, feature_index, other_dictionary_id, method, first, ord)
    cross join lateral (
      select n.* from dictionary d cross join lateral (
        select ${MATCH_COLUMNS} from feature_match m
        where m.dictionary_id = k.dictionary_id and m.other_dictionary_id = d.id
          and m.method = k.method::match_method and m.feature_index = k.feature_index
        order by m.rank limit k.first
      ) n
      where d.published_at is not null and (k.other_dictionary_id is null or d.id = k.other_dictionary_id)
      order by n.value desc, n."otherDictionaryId", n.rank limit k.first
    ) m
    order by k.ord, m.value desc, m."otherDictionaryId", m.rank`,
};

const PAIR_KEYS =
  'unnest($1::int[], $2::int[], $3::text[]) with ordinality as k(dictionary_id, other_dictionary_id, method, ord)';
const OF_PAIR = `(m.dictionary_id, m.other_dictionary_id, m.method, m.rank) =
  (k.dictionary_id, k.other_dictionary_id, k.method::match_method, 0)`;

/** The best match of every feature; a value of 1 and a hair belongs to the last bin. */
const BINS: Statement = {
  name: 'match-bins',
  text: `select k.ord::int, least(greatest(floor((m.value + 1) / 2 * ${COSINE_BINS}), 0), ${COSINE_BINS - 1})::int as bin,
      count(*)::int as count
    from ${PAIR_KEYS} join feature_match m on ${OF_PAIR} group by 1, 2`,
};

const ABOVE: Statement = {
  name: 'match-above',
  text: `select k.ord::int, count(*)::int as count
    from unnest($1::int[], $2::int[], $3::text[], $4::float8[])
      with ordinality as k(dictionary_id, other_dictionary_id, method, threshold, ord)
    join feature_match m on ${OF_PAIR} and m.value > k.threshold group by 1`,
};

/** One match is enough: a glance at the index for every published dictionary. */
const MATCHED: Statement = {
  name: 'matched-dictionaries',
  text: `select k.ord::int, d.id from unnest($1::int[]) with ordinality as k(dictionary_id, ord)
    cross join dictionary d
    cross join lateral (select 1 from feature_match m
      where m.dictionary_id = k.dictionary_id and m.other_dictionary_id = d.id limit 1) m
    where d.published_at is not null
    order by k.ord, d.id`,
};

export function createMatchLoaders(sql: Sql) {
  return {
    featureMatches: createListLoader<FeatureMatchKey, FeatureMatch & Ordinal>((keys) =>
      sql.rows(FEATURE_MATCHES, [
        ...[column(keys, 0), column(keys, 1), column(keys, 2)],
        ...[column(keys, 3), column(keys, 4)],
      ]),
    ),
    matchBins: createListLoader<MatchKey, { bin: number; count: number } & Ordinal>((keys) =>
      sql.rows(BINS, [column(keys, 0), column(keys, 1), column(keys, 2)]),
    ),
    matchedAbove: createRowLoader<ThresholdKey, { count: number } & Ordinal>((keys) =>
      sql.rows(ABOVE, [column(keys, 0), column(keys, 1), column(keys, 2), column(keys, 3)]),
    ),
    matchedDictionaryIds: createListLoader<readonly [dictionaryId: number], { id: number } & Ordinal>(
      (keys) => sql.rows(MATCHED, [column(keys, 0)]),
    ),
  };
}

export interface MatchList {
  readonly dictionaryId: number;
  readonly otherDictionaryId: number;
  readonly method: MatchMethod;
  readonly rank: number;
  readonly direction: OrderDirection;
  readonly minValue: number | null;
  readonly maxValue: number | null;
}

/** $1 to $4 the list, $5 and $6 its bounds: infinite ones leave the range to the index. */
const CONDITIONS = `m.dictionary_id = $1 and m.other_dictionary_id = $2 and m.method = $3::match_method and m.rank = $4
  and m.value >= coalesce($5::float8, '-Infinity') and m.value <= coalesce($6::float8, 'Infinity')`;

const COUNT: Statement = {
  name: 'match-page-count',
  text: `select count(*)::int as count from feature_match m where ${CONDITIONS}`,
};

/** Rows beyond the sort key ($7, $8), $9 of them. */
function pageStatement(isAscending: boolean): Statement {
  const direction = isAscending ? 'asc' : 'desc';
  return {
    name: `match-page-${direction}`,
    text: `select ${MATCH_COLUMNS} from feature_match m
      where ${CONDITIONS} and (m.value, m.feature_index) ${isAscending ? '>' : '<'} ($7::float8, $8::int)
      order by m.value ${direction}, m.feature_index ${direction} limit $9`,
  };
}

export async function loadMatchPage(sql: Sql, list: MatchList, page: Page): Promise<FeatureMatch[]> {
  const isAscending = (list.direction === 'ASC') !== page.isBackward;
  const start = isAscending ? [-Infinity, 0] : [Infinity, 0];
  const key = page.cursor === null ? start : parseCursor(scopeOf(list), page.cursor);
  return sql.rows(pageStatement(isAscending), [...listValues(list), ...key, page.size + 1]);
}

export async function countMatches(sql: Sql, list: MatchList): Promise<number> {
  return (await sql.rows<{ count: number }>(COUNT, listValues(list)))[0].count;
}

export function createMatchCursor(list: MatchList, { value, featureIndex }: FeatureMatch): string {
  return createCursor(scopeOf(list), [value, featureIndex]);
}

function scopeOf({ dictionaryId, otherDictionaryId, method, rank, direction }: MatchList): string {
  return `matches.${dictionaryId}.${otherDictionaryId}.${method}.${rank}.${direction}`;
}

function listValues(list: MatchList): unknown[] {
  const { dictionaryId, otherDictionaryId, method, rank, minValue, maxValue } = list;
  return [dictionaryId, otherDictionaryId, method, rank, minValue, maxValue];
}
