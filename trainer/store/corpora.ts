/** Named texts. A corpus is its slug together with the sha256 of its text: changed text is another corpus. */
import type { CorpusId } from '@residua/prisma/ids';
import type { Queryable } from './database.ts';

export interface CorpusRecord {
  readonly slug: string;
  readonly name: string;
  /** general, code, russian, ... */
  readonly domain: string;
  readonly description: string;
  /** Over the documents' hashes in order. */
  readonly sha256: string;
  readonly documentCount: number;
  readonly byteCount: number;
}

/** Saving it again changes nothing but its words. */
export async function saveCorpus(db: Queryable, corpus: CorpusRecord): Promise<CorpusId> {
  const { rows } = await db.query<{ id: CorpusId }>(
    `INSERT INTO corpus (slug, name, domain, description, sha256, document_count, byte_count)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (slug, sha256) DO UPDATE
       SET name = excluded.name, domain = excluded.domain, description = excluded.description
     RETURNING id`,
    [
      corpus.slug,
      corpus.name,
      corpus.domain,
      corpus.description,
      corpus.sha256,
      corpus.documentCount,
      corpus.byteCount,
    ],
  );
  return rows[0].id;
}
