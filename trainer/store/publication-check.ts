/** Whether everything that a publication promised is there. What is not complete stays invisible. */
import type { DictionaryId } from '@residua/prisma/ids';
import type { Queryable } from './database.ts';
import type { Relation } from './publication-relations.ts';

export interface Promised {
  readonly slug: string;
  readonly width: number;
  readonly relations: readonly Relation[];
}

/** Throws with everything that is wrong, not just the first. To be called inside a transaction. */
export async function checkCompleteness(db: Queryable, id: DictionaryId, promised: Promised): Promise<void> {
  // Statistics may be those of before: a plan for a handful of rows takes minutes for a million.
  await db.query('SET LOCAL enable_nestloop = off');
  const problems: string[] = [];
  for (const { name, rowCount, counted } of promised.relations) {
    const { rows } = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${counted}`, [id]);
    if (rows[0].count !== rowCount) problems.push(`${name}: expected ${rowCount} rows, got ${rows[0].count}`);
  }
  problems.push(...(await findGaps(db, id, promised.width)));
  await db.query('SET LOCAL enable_nestloop = on');
  if (problems.length === 0) return;
  throw new Error(
    `Dictionary ${promised.slug} is not complete and stays invisible:\n  ${problems.join('\n  ')}\n` +
      `Drop what is there with \`residua db discard ${promised.slug}\` and publish again.`,
  );
}

async function findGaps(db: Queryable, id: DictionaryId, width: number): Promise<string[]> {
  const { rows } = await db.query<{ levels: number; features: number; missing: number; strayStats: number }>(
    `SELECT
       (SELECT count(*)::int FROM sparsity_level WHERE dictionary_id = $1) AS levels,
       (SELECT count(*)::int FROM feature WHERE dictionary_id = $1 AND index BETWEEN 0 AND $2 - 1) AS features,
       (SELECT count(*)::int FROM feature f CROSS JOIN sparsity_level l
        WHERE f.dictionary_id = $1 AND l.dictionary_id = $1 AND NOT EXISTS (
          SELECT FROM feature_level_stat s
          WHERE s.dictionary_id = $1 AND s.feature_index = f.index AND s.budget = l.budget)) AS missing,
       (SELECT count(*)::int FROM feature_level_stat s
        WHERE s.dictionary_id = $1 AND NOT EXISTS (
          SELECT FROM sparsity_level l WHERE l.dictionary_id = $1 AND l.budget = s.budget)) AS "strayStats"`,
    [id, width],
  );
  const { levels, features, missing, strayStats } = rows[0];
  const gaps: string[] = [];
  if (levels === 0) gaps.push('sparsity_level: expected at least one budget, got none');
  if (features !== width)
    gaps.push(`feature: expected every index from 0 to ${width - 1}, got ${features} of them`);
  if (missing > 0) gaps.push(`feature_level_stat: ${missing} features have no row at some budget`);
  if (strayStats > 0)
    gaps.push(`feature_level_stat: ${strayStats} rows have a budget without a sparsity_level`);
  return gaps;
}
