/** Passages of a boost: windows of text with what base and boost make of every token. */
import type { CorpusId, DictionaryId, ModelId } from '@residua/prisma/ids';
import type { PassageRecord } from '../interp/trial-records.ts';
import { inTransaction, type Database, type Queryable } from './database.ts';

export interface PassagesOf {
  readonly dictionary: DictionaryId;
  readonly model: ModelId;
  /** By slug. */
  readonly corpora: ReadonlyMap<string, CorpusId>;
}

/** Puts these in the place of those the boost has; all or none. */
export async function savePassages(
  db: Database,
  of: PassagesOf,
  passages: readonly PassageRecord[],
): Promise<void> {
  await inTransaction(db, async (client) => {
    await client.query('DELETE FROM passage WHERE dictionary_id = $1', [of.dictionary]);
    for (const passage of passages) await insertPassage(client, of, passage);
  });
}

async function insertPassage(client: Queryable, of: PassagesOf, passage: PassageRecord): Promise<void> {
  const window = await saveWindow(client, of, passage);
  await client.query(
    `INSERT INTO passage (dictionary_id, window_id, rank, base_width, base_indices, base_acts, boost_width, boost_indices,
       boost_acts, base_errors, boosted_errors, ce_original, ce_base, ce_boosted)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      of.dictionary,
      window,
      passage.rank,
      passage.base.width,
      passage.base.indices,
      passage.base.acts,
      passage.boost.width,
      passage.boost.indices,
      passage.boost.acts,
      passage.baseErrors,
      passage.boostedErrors,
      passage.ceOriginal,
      passage.ceBase,
      passage.ceBoosted,
    ],
  );
}

async function saveWindow(
  client: Queryable,
  { model, corpora }: PassagesOf,
  { corpus, start, tokens }: PassageRecord,
): Promise<string> {
  const id = corpora.get(corpus);
  if (id === undefined) {
    throw new Error(
      `A passage names corpus ${corpus}, but only ${[...corpora.keys()].join(', ')} were saved.`,
    );
  }
  const key = [model, id, start, tokens.length, tokens];
  await client.query(
    `INSERT INTO token_window (model_id, corpus_id, start, length, tokens) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (model_id, corpus_id, start, length) DO NOTHING`,
    key,
  );
  const { rows } = await client.query<{ id: string; isSame: boolean }>(
    `SELECT id, tokens = $5 AS "isSame" FROM token_window
     WHERE (model_id, corpus_id, start, length) = ($1, $2, $3, $4)`,
    key,
  );
  if (rows[0].isSame) return rows[0].id;
  throw new Error(
    `Window ${corpus} ${start} is stored with other tokens: the tokenizer of the model has changed. ` +
      'Save the model under another slug.',
  );
}
