/** What an export says of a dictionary beside its weights: its budgets and what it was read at, how text was read. */
import type { DictionaryId } from '@residua/prisma/ids';
import type { Queryable } from './database.ts';

export interface LevelFacts {
  readonly budget: number;
  readonly l0: number;
}

export interface ExportFacts {
  /** Ascending. */
  readonly levels: readonly LevelFacts[];
  readonly contextLength: number;
  /** Slugs of what it was trained on; empty where the source did not say. */
  readonly corpora: readonly string[];
  /** Whether a first token was read before every window. */
  readonly hasBos: boolean;
}

export async function loadExportFacts(db: Queryable, dictionary: DictionaryId): Promise<ExportFacts> {
  const levels = await db.query<LevelFacts>(
    'SELECT budget, l0 FROM sparsity_level WHERE dictionary_id = $1 ORDER BY budget',
    [dictionary],
  );
  const { rows } = await db.query<Omit<ExportFacts, 'levels'>>(
    `SELECT context_length AS "contextLength", bos_policy NOT LIKE 'none%' AS "hasBos",
       ARRAY(SELECT corpus ->> 'slug' FROM jsonb_array_elements(train_corpora) corpus) AS corpora
     FROM dictionary JOIN provenance ON provenance.id = provenance_id WHERE dictionary.id = $1`,
    [dictionary],
  );
  return { levels: levels.rows, ...rows[0] };
}
