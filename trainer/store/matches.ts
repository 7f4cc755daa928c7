/** Features of one dictionary beside their like in another: match edges, both dictionaries published before. */
import type { DictionaryId } from '@residua/prisma/ids';
import { inTransaction, type Database } from './database.ts';

export type MatchMethod = 'decoder_cosine' | 'encoder_cosine' | 'one_to_one' | 'act_correlation';

export interface MatchRecord {
  readonly feature: number;
  /** 0 is the likest. */
  readonly rank: number;
  readonly other: number;
  /** Cosine or correlation, -1 to 1. */
  readonly value: number;
}

export interface MatchesOf {
  readonly dictionary: DictionaryId;
  readonly other: DictionaryId;
  readonly method: MatchMethod;
}

/** Puts these edges in the place of those there are; all or none. */
export async function saveMatches(
  db: Database,
  { dictionary, other, method }: MatchesOf,
  matches: readonly MatchRecord[],
): Promise<void> {
  await inTransaction(db, async (client) => {
    await client.query(
      'DELETE FROM feature_match WHERE dictionary_id = $1 AND other_dictionary_id = $2 AND method = $3',
      [dictionary, other, method],
    );
    await client.query(
      `INSERT INTO feature_match (dictionary_id, other_dictionary_id, method, feature_index, rank, other_index, value)
       SELECT $1, $2, $3::match_method, feature, rank, other, value
       FROM unnest($4::int[], $5::int[], $6::int[], $7::float8[]) AS given (feature, rank, other, value)`,
      [
        dictionary,
        other,
        method,
        matches.map(({ feature }) => feature),
        matches.map(({ rank }) => rank),
        matches.map((match) => match.other),
        matches.map(({ value }) => value),
      ],
    );
  });
}
