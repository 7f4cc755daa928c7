/** Token windows: stored once per model, corpus, start and length, and shared by every dictionary that shows them. */
import type { CorpusId, ModelId } from '@residua/prisma/ids';
import type { WindowRecord } from '../interp/records.ts';
import type { Queryable } from './database.ts';
import type { WindowIds } from './publication-relations.ts';

/** COPY cannot skip rows that exist, so windows go through a table of this transaction. */
export const STAGE_WINDOWS =
  'CREATE TEMP TABLE staged_window (corpus_id int, start bigint, length int, tokens int[]) ON COMMIT DROP';

/** In one order everywhere, so that two publications at once cannot wait for each other in a circle. */
export async function insertStagedWindows(client: Queryable, model: ModelId): Promise<void> {
  await client.query(
    `INSERT INTO token_window (model_id, corpus_id, start, length, tokens)
     SELECT $1, corpus_id, start, length, tokens FROM staged_window ORDER BY corpus_id, start, length
     ON CONFLICT (model_id, corpus_id, start, length) DO NOTHING`,
    [model],
  );
  const { rows } = await client.query<{ corpus: string; start: string }>(
    `SELECT corpus.slug AS corpus, staged.start FROM staged_window staged
     JOIN token_window stored ON stored.model_id = $1 AND
       (stored.corpus_id, stored.start, stored.length) = (staged.corpus_id, staged.start, staged.length)
     JOIN corpus ON corpus.id = staged.corpus_id
     WHERE stored.tokens <> staged.tokens ORDER BY staged.start LIMIT 1`,
    [model],
  );
  if (rows.length === 0) return;
  throw new Error(
    `Window ${rows[0].corpus} ${rows[0].start} is stored with other tokens: the tokenizer of the model has changed. ` +
      'Save the model under another slug.',
  );
}

export async function loadWindowIds(
  client: Queryable,
  model: ModelId,
  corpora: ReadonlyMap<string, CorpusId>,
  windows: readonly WindowRecord[],
): Promise<WindowIds> {
  const ids = new Map<string, Map<number, number>>();
  for (const [slug, corpus] of corpora) {
    const wanted = windows.filter((window) => window.corpus === slug);
    // One row for each window: starts and ids are whole numbers far below 2^53.
    const { rows } = await client.query<{ start: string; id: string }>(
      `SELECT stored.start, stored.id FROM unnest($3::bigint[], $4::int[]) AS wanted (start, length)
       JOIN token_window stored ON stored.model_id = $1 AND stored.corpus_id = $2 AND
         (stored.start, stored.length) = (wanted.start, wanted.length)`,
      [model, corpus, wanted.map(({ start }) => start), wanted.map(({ tokens }) => tokens.length)],
    );
    ids.set(slug, new Map(rows.map(({ start, id }) => [Number(start), Number(id)])));
  }
  return ids;
}
