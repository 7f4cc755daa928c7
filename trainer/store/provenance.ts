/** How a published thing was made. Its natural key is the sha256 of everything it says. */
import { createHash } from 'node:crypto';
import type { Queryable } from './database.ts';

export interface CorpusSource {
  readonly slug: string;
  readonly sha256: string;
  readonly documentCount: number;
  readonly byteCount: number;
}

export interface ProvenanceRecord {
  readonly modelSlug: string;
  readonly modelRevision: string;
  readonly modelSha256: string;
  readonly checkpointSha256: string;
  readonly trainCorpora: readonly CorpusSource[];
  readonly readCorpora: readonly CorpusSource[];
  readonly tokenizer: string;
  readonly contextLength: number;
  readonly bosPolicy: string;
  readonly normalisation: string;
  readonly codeCommit: string;
  readonly backend: string;
  readonly seed: number;
  readonly trainTokenCount: number;
  readonly readTokenCount: number;
  /** The command line that makes it again. */
  readonly command: string;
  readonly config: unknown;
}

/** Saving the same provenance again returns the same row. */
export async function saveProvenance(db: Queryable, provenance: ProvenanceRecord): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `INSERT INTO provenance (sha256, model_slug, model_revision, model_sha256, checkpoint_sha256, train_corpora,
       read_corpora, tokenizer, context_length, bos_policy, normalisation, code_commit, backend, seed,
       train_token_count, read_token_count, command, config)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256
     RETURNING id`,
    [
      hashProvenance(provenance),
      provenance.modelSlug,
      provenance.modelRevision,
      provenance.modelSha256,
      provenance.checkpointSha256,
      JSON.stringify(provenance.trainCorpora),
      JSON.stringify(provenance.readCorpora),
      provenance.tokenizer,
      provenance.contextLength,
      provenance.bosPolicy,
      provenance.normalisation,
      provenance.codeCommit,
      provenance.backend,
      provenance.seed,
      provenance.trainTokenCount,
      provenance.readTokenCount,
      provenance.command,
      JSON.stringify(provenance.config),
    ],
  );
  return rows[0].id;
}

export async function loadProvenance(db: Queryable, id: number): Promise<ProvenanceRecord> {
  const { rows } = await db.query<ProvenanceRecord>(
    `SELECT model_slug AS "modelSlug", model_revision AS "modelRevision", model_sha256 AS "modelSha256",
       checkpoint_sha256 AS "checkpointSha256", train_corpora AS "trainCorpora", read_corpora AS "readCorpora", tokenizer,
       context_length AS "contextLength", bos_policy AS "bosPolicy", normalisation, code_commit AS "codeCommit", backend,
       seed, train_token_count::float8 AS "trainTokenCount", read_token_count::float8 AS "readTokenCount", command, config
     FROM provenance WHERE id = $1`,
    [id],
  );
  return rows[0];
}

export function hashProvenance(provenance: ProvenanceRecord): string {
  return createHash('sha256').update(canonicalJson(provenance)).digest('hex');
}

/** JSON with sorted keys: the order in which a record was written does not change its hash. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
