/** Passages: windows of text as a base and a boost see them, token by token. One statement for any number of boosts. */
import type { Integer, Sql, Statement } from '../sql.ts';
import { column, createListLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

export interface PassageRow extends Ordinal {
  readonly dictionaryId: number;
  /** Null where the base is not published: then nothing of it shows. */
  readonly baseDictionaryId: number | null;
  readonly windowId: Integer;
  readonly corpusId: number;
  readonly modelId: number;
  readonly modelSha256: string;
  readonly start: Integer;
  readonly tokens: number[];
  readonly rank: number;
  readonly baseWidth: number;
  readonly baseIndices: number[];
  readonly baseActs: number[];
  readonly boostWidth: number;
  readonly boostIndices: number[];
  readonly boostActs: number[];
  readonly baseErrors: number[];
  readonly boostedErrors: number[];
  readonly ceOriginal: number[];
  readonly ceBase: number[];
  readonly ceBoosted: number[];
}

/** corpus null: whatever corpus. */
export type PassageKey = readonly [dictionaryId: number, corpus: string | null, first: number];

const PASSAGES: Statement = {
  name: 'passages',
  text: `select k.ord::int, p.dictionary_id as "dictionaryId", b.id as "baseDictionaryId", p.window_id as "windowId",
      p.corpus_id as "corpusId", p.model_id as "modelId", m.sha256 as "modelSha256", p.start, p.tokens, p.rank,
      p.base_width as "baseWidth", p.base_indices as "baseIndices", p.base_acts as "baseActs",
      p.boost_width as "boostWidth", p.boost_indices as "boostIndices", p.boost_acts as "boostActs",
      p.base_errors as "baseErrors", p.boosted_errors as "boostedErrors", p.ce_original as "ceOriginal",
      p.ce_base as "ceBase", p.ce_boosted as "ceBoosted"
    from unnest($1::int[], $2::text[], $3::int[]) with ordinality as k(dictionary_id, corpus, first, ord)
    cross join lateral (
      select p.*, w.corpus_id, w.model_id, w.start, w.tokens
      from passage p join token_window w on w.id = p.window_id join corpus c on c.id = w.corpus_id
      where p.dictionary_id = k.dictionary_id and (k.corpus is null or c.slug = k.corpus)
      order by p.rank, p.window_id limit k.first
    ) p
    join model m on m.id = p.model_id
    join dictionary d on d.id = p.dictionary_id
    left join dictionary b on b.id = d.parent_id and b.published_at is not null
    order by k.ord, p.rank, p.window_id`,
};

export function createPassageLoader(sql: Sql) {
  return createListLoader<PassageKey, PassageRow>((keys) =>
    sql.rows(PASSAGES, [column(keys, 0), column(keys, 1), column(keys, 2)]),
  );
}

export interface PassageAct {
  readonly dictionaryId: number;
  readonly index: number;
  readonly act: number;
}

/** The acts of one token, strongest first; act 0 is padding. */
export function tokenActs(
  dictionaryId: number,
  [indices, acts, width]: readonly [indices: readonly number[], acts: readonly number[], width: number],
  position: number,
): PassageAct[] {
  const found: PassageAct[] = [];
  for (let at = position * width; at < (position + 1) * width && acts[at] > 0; at++)
    found.push({ dictionaryId, index: indices[at], act: acts[at] });
  return found;
}
