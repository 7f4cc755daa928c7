/** Finds the weights of a published dictionary: its row says which run made it and which bytes they are. */
import path from 'node:path';

import type { DictionaryId, ModelId } from '@residua/prisma/ids';

import { loadDictionary } from '../sae/format.ts';
import type { DictionaryWeights } from '../sae/dictionary.ts';
import type { Queryable } from '../store/database.ts';

/** A published dictionary as its rows tell it. */
export interface PublishedRecord {
  readonly id: DictionaryId;
  readonly slug: string;
  readonly hookpoint: string;
  /** As the database spells it. */
  readonly kind: string;
  readonly width: number;
  readonly domain: string | null;
  /** Slug of the base, for a boost. */
  readonly parent: string | null;
  readonly modelId: ModelId;
  readonly modelSlug: string;
  readonly modelSha256: string;
  readonly sha256: string;
  readonly seed: number;
  readonly trainTokenCount: number;
  /** Slug of the run that made it; null where that is gone. */
  readonly run: string | null;
}

export interface PublishedDictionary extends PublishedRecord {
  readonly weights: DictionaryWeights;
}

export async function findPublished(db: Queryable, slug: string): Promise<PublishedRecord> {
  const { rows } = await db.query<PublishedRecord>(
    `SELECT dictionary.id, dictionary.slug, dictionary.hookpoint, dictionary.kind, dictionary.width, dictionary.domain, parent.slug AS parent,
       model.id AS "modelId", model.slug AS "modelSlug", model.sha256 AS "modelSha256", run.slug AS run,
       provenance.checkpoint_sha256 AS sha256, provenance.seed,
       provenance.train_token_count::float8 AS "trainTokenCount"
     FROM dictionary JOIN model ON model.id = dictionary.model_id
       JOIN provenance ON provenance.id = dictionary.provenance_id
       LEFT JOIN run ON run.id = dictionary.run_id LEFT JOIN dictionary parent ON parent.id = dictionary.parent_id
     WHERE dictionary.slug = $1 AND dictionary.published_at IS NOT NULL`,
    [slug],
  );
  if (rows.length === 0) throw new Error(await noSuch(db, slug));
  return rows[0];
}

/** `home`: where runs keep what they made. */
export async function openPublished(db: Queryable, home: string, slug: string): Promise<PublishedDictionary> {
  const published = await findPublished(db, slug);
  const file = path.join(home, 'runs', published.run ?? slug, 'dictionary.safetensors');
  const { weights } = await loadDictionary(file, published.sha256).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(
      `${file}: expected the weights of dictionary ${slug}, got no such file. They lie in the RESIDUA_HOME of the ` +
        'machine that made them: copy the file here.',
    );
  });
  return { ...published, weights };
}

async function noSuch(db: Queryable, slug: string): Promise<string> {
  const { rows } = await db.query<{ slug: string }>(
    'SELECT slug FROM dictionary WHERE published_at IS NOT NULL ORDER BY slug LIMIT 20',
  );
  const known = rows.map((row) => row.slug).join(', ') || 'none yet';
  return `There is no published dictionary ${slug}: expected one of ${known}. residua train-sae and residua import make them.`;
}
