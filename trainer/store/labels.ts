/** Labels as they are stored. */
import type { DictionaryId } from '@residua/prisma/ids';
import type { LabelRecord } from '../interp/records.ts';
import type { Queryable } from './database.ts';
import { labelKey, type LabelIds } from './publication-relations.ts';

export async function loadLabelIds(db: Queryable, dictionary: DictionaryId): Promise<LabelIds> {
  const { rows } = await db.query<Omit<LabelRecord, 'text'> & { id: number }>(
    `SELECT id, feature_index AS feature, explainer, version, model, prompt_sha256 AS "promptSha256"
     FROM label WHERE dictionary_id = $1`,
    [dictionary],
  );
  return new Map(rows.map((row) => [labelKey(row), row.id]));
}
