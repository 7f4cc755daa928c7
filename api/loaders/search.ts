/** Features by the words of their labels, over all published dictionaries: exact labels first, then frequent features. */
import { createCursor, parseCursor } from '../page.ts';
import type { Page } from '../page.ts';
import type { Sql, Statement } from '../sql.ts';
import { FEATURE_COLUMNS } from './feature.ts';
import { escapeLike } from './feature-page.ts';
import type { Feature } from './feature.ts';

export interface FoundFeature extends Feature {
  /** 0: the label is the text, 1: begins with it, 2: contains it. */
  readonly tier: number;
}

export interface FeatureSearch {
  readonly query: string;
  /** Slug; null: all. */
  readonly dictionary: string | null;
}

/** $1 pattern, $2 beginning, $3 the text itself, $4 dictionary slug or null. */
const FOUND = `select l.dictionary_id, l.feature_index,
    min(case when lower(l.text) = lower($3) then 0 when l.text ilike $2 then 1 else 2 end) as tier
  from label l join dictionary d on d.id = l.dictionary_id and d.published_at is not null
  where l.text ilike $1 and ($4::text is null or d.slug = $4)
  group by l.dictionary_id, l.feature_index`;

/** $5 tier, $6 density, $7 dictionary, $8 index of the row before; $9 rows. */
function pageStatement(isBackward: boolean): Statement {
  const [up, down] = isBackward ? ['desc', 'asc'] : ['asc', 'desc'];
  const beyond = isBackward ? '<' : '>';
  return {
    name: isBackward ? 'search-backward' : 'search-forward',
    text: `select ${FEATURE_COLUMNS}, found.tier from (${FOUND}) found
      join feature f on f.dictionary_id = found.dictionary_id and f.index = found.feature_index
      join dictionary d on d.id = f.dictionary_id
      join model m on m.id = d.model_id
      where (found.tier, -f.density, f.dictionary_id, f.index) ${beyond} ($5::int, -$6::float8, $7::int, $8::int)
      order by found.tier ${up}, f.density ${down}, f.dictionary_id ${up}, f.index ${up} limit $9`,
  };
}

const COUNT: Statement = { name: 'search-count', text: `select count(*) as count from (${FOUND}) found` };

const BEFORE_ALL = [-1, 0, -1, -1];
const AFTER_ALL = [9, 0, -1, -1];

export async function searchFeatures(sql: Sql, search: FeatureSearch, page: Page): Promise<FoundFeature[]> {
  if (search.query === '') return [];
  const start = page.isBackward ? AFTER_ALL : BEFORE_ALL;
  const key = page.cursor === null ? start : parseCursor(scopeOf(search), page.cursor);
  return sql.rows(pageStatement(page.isBackward), [...values(search), ...key, page.size + 1]);
}

export async function countFound(sql: Sql, search: FeatureSearch): Promise<number> {
  if (search.query === '') return 0;
  return (await sql.rows<{ count: number }>(COUNT, values(search)))[0].count;
}

export function createFoundCursor(
  search: FeatureSearch,
  { tier, density, dictionaryId, index }: FoundFeature,
): string {
  return createCursor(scopeOf(search), [tier, density, dictionaryId, index]);
}

function scopeOf({ query, dictionary }: FeatureSearch): string {
  return `search.${dictionary ?? ''}.${query}`;
}

function values({ query, dictionary }: FeatureSearch): unknown[] {
  const text = escapeLike(query);
  return [`%${text}%`, `${text}%`, query, dictionary];
}
