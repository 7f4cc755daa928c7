/** The dictionary row itself: inserted invisible, made visible by a publication, or discarded when that never ends. */
import type { DictionaryId, ModelId, RunId } from '@residua/prisma/ids';
import { inTransaction, type Database, type Queryable } from './database.ts';

export type DictionaryKind =
  'topk' | 'batch_topk' | 'hierarchical_topk' | 'jumprelu' | 'matryoshka_batch_topk' | 'relu';

export interface DictionaryRecord {
  /** Natural key. */
  readonly slug: string;
  readonly name: string;
  readonly kind: DictionaryKind;
  readonly hookpoint: string;
  readonly layer: number;
  /** Number of features. */
  readonly width: number;
  readonly hiddenWidth: number;
  readonly maxBudget: number;
  /** Slug of the dictionary it boosts. */
  readonly parent: string | null;
  /** The domain a boost is for. */
  readonly domain: string | null;
}

export interface DictionaryLinks {
  readonly model: ModelId;
  readonly run: RunId | null;
  readonly provenance: number;
}

export interface StoredDictionary {
  readonly id: DictionaryId;
  readonly isPublished: boolean;
}

/** Inserts it unless it is there; one of the same slug that was made otherwise is an error. */
export async function createDictionary(
  db: Queryable,
  dictionary: DictionaryRecord,
  links: DictionaryLinks,
): Promise<StoredDictionary> {
  const parent = dictionary.parent === null ? null : await loadDictionaryId(db, dictionary.parent);
  const values = [
    dictionary.slug,
    dictionary.name,
    dictionary.kind,
    links.model,
    dictionary.hookpoint,
    dictionary.layer,
    dictionary.width,
    dictionary.hiddenWidth,
    dictionary.maxBudget,
    parent,
    dictionary.domain,
    links.run,
    links.provenance,
  ];
  await db.query(
    `INSERT INTO dictionary (slug, name, kind, model_id, hookpoint, layer, width, hidden_width, max_budget, parent_id,
       domain, run_id, provenance_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (slug) DO NOTHING`,
    values,
  );
  const { rows } = await db.query<StoredDictionary & { isSame: boolean }>(
    `SELECT id, published_at IS NOT NULL AS "isPublished", provenance_id = $7 AND
       (kind, model_id, hookpoint, width, max_budget) = ($2::dictionary_kind, $3, $4, $5, $6) AS "isSame"
     FROM dictionary WHERE slug = $1`,
    [
      dictionary.slug,
      dictionary.kind,
      links.model,
      dictionary.hookpoint,
      dictionary.width,
      dictionary.maxBudget,
      links.provenance,
    ],
  );
  const { id, isPublished, isSame } = rows[0];
  if (!isSame) throw new Error(madeOtherwise(dictionary.slug, isPublished));
  return { id, isPublished };
}

const madeOtherwise = (slug: string, isPublished: boolean): string =>
  isPublished
    ? `Dictionary ${slug} is published with another provenance (other weights, text or settings). ` +
      'Publish this one under another slug.'
    : `Dictionary ${slug} is half published with another provenance (other weights, text or settings). ` +
      `Drop that half with \`residua db discard ${slug}\` and publish again, or use another slug.`;

async function loadDictionaryId(db: Queryable, slug: string): Promise<DictionaryId> {
  const { rows } = await db.query<{ id: DictionaryId }>('SELECT id FROM dictionary WHERE slug = $1', [slug]);
  if (rows.length === 0) throw new Error(`There is no dictionary ${slug} to boost: publish it first.`);
  return rows[0].id;
}

/** Removes what an unfinished publication has written. True when there was something; a published one is kept. */
export async function discardPublication(db: Database, slug: string): Promise<boolean> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: DictionaryId; isPublished: boolean }>(
      'SELECT id, published_at IS NOT NULL AS "isPublished" FROM dictionary WHERE slug = $1 FOR UPDATE',
      [slug],
    );
    if (rows.length === 0) return false;
    if (rows[0].isPublished)
      throw new Error(`Dictionary ${slug} is published: only an unfinished one is discarded.`);
    await client.query('DELETE FROM dictionary WHERE id = $1', [rows[0].id]);
    return true;
  });
}
