/** Made-up matches between the features of two dictionaries, by every method. */
import type pg from 'pg';
import { insertRows } from './fixture-dictionary.ts';
import { fraction, hash } from './fixture-text.ts';

export interface FixturePair {
  readonly from: number;
  readonly to: number;
  /** Features of the one and of the other that take part: the first so many. */
  readonly fromCount: number;
  readonly toCount: number;
}

/** Likes that are kept of every feature. */
const RANKS = 3;
/** How alike two features are by each method, at most. */
const STRENGTH = { decoder_cosine: 1, encoder_cosine: 0.8, act_correlation: 0.9 } as const;

export async function insertMatches(
  client: pg.ClientBase,
  { from, to, fromCount, toCount }: FixturePair,
): Promise<void> {
  const rows: object[] = [];
  for (let index = 0; index < fromCount; index++) {
    const pair = { dictionary_id: from, other_dictionary_id: to, feature_index: index };
    const best = 0.1 + 0.88 * fraction('match', from, to, index) ** 1.5;
    const first = hash('other', from, to, index) % toCount;
    for (const [method, strength] of Object.entries(STRENGTH)) {
      for (let rank = 0; rank < Math.min(RANKS, toCount); rank++) {
        const value = best * strength - 0.07 * rank;
        rows.push({ ...pair, method, rank, other_index: (first + rank) % toCount, value });
      }
    }
    // Nobody is given twice: what is left over has no match.
    if (index < toCount)
      rows.push({
        ...pair,
        method: 'one_to_one',
        rank: 0,
        other_index: toCount - 1 - index,
        value: best * 0.9,
      });
  }
  await insertRows(client, 'feature_match', rows);
}
