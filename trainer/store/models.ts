/** Language models and their vocabularies. */
import type { ModelId } from '@residua/prisma/ids';
import { inTransaction, type Database, type Queryable } from './database.ts';
import { storable } from './stored-text.ts';

export interface ModelRecord {
  /** Natural key. */
  readonly slug: string;
  readonly name: string;
  readonly family: string;
  readonly description: string;
  readonly layerCount: number;
  readonly hiddenWidth: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly parameterCount: number;
  readonly revision: string;
  /** Of the weights file. */
  readonly sha256: string;
  readonly config: unknown;
  /** training.json of the model folder; null where there is none. */
  readonly training: unknown;
  /** Mean next-token cross-entropy on held-out text, nats per token. */
  readonly heldOutNats: number | null;
}

// 20,000 tokens of a few bytes each are well below a megabyte for each statement.
const TOKENS_PER_INSERT = 20_000;

/** `tokens[i]` are the raw bytes of token i. Saving the same model again changes nothing but its words. */
export async function saveModel(
  db: Database,
  model: ModelRecord,
  tokens: readonly Uint8Array[],
): Promise<ModelId> {
  if (tokens.length !== model.vocabSize) {
    throw new Error(
      `Model ${model.slug} has ${model.vocabSize} tokens by its config, and ${tokens.length} were given.`,
    );
  }
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: ModelId }>(UPSERT_MODEL, [
      model.slug,
      model.name,
      model.family,
      model.description,
      model.layerCount,
      model.hiddenWidth,
      model.headCount,
      model.kvHeadCount,
      model.vocabSize,
      model.contextLength,
      model.parameterCount,
      model.revision,
      model.sha256,
      JSON.stringify(model.config),
      model.training == null ? null : JSON.stringify(model.training),
      model.heldOutNats,
    ]);
    if (rows.length === 0) throw new Error(otherWeights(model));
    await insertTokens(client, rows[0].id, tokens);
    return rows[0].id;
  });
}

export async function loadModelId(db: Queryable, slug: string): Promise<ModelId | undefined> {
  const { rows } = await db.query<{ id: ModelId }>('SELECT id FROM model WHERE slug = $1', [slug]);
  return rows[0]?.id;
}

// The weights of a slug never change: what was read from them would no longer be true.
const UPSERT_MODEL = `
  INSERT INTO model (slug, name, family, description, layer_count, hidden_width, head_count, kv_head_count, vocab_size,
    context_length, parameter_count, revision, sha256, config, training, held_out_nats)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description,
    training = excluded.training, held_out_nats = excluded.held_out_nats
  WHERE model.sha256 = excluded.sha256
  RETURNING id`;

const otherWeights = ({ slug, sha256 }: ModelRecord): string =>
  `Model ${slug} is in the database with weights of another sha256 than ${sha256}, and what was read from them refers ` +
  'to it. Save the new weights under another slug.';

async function insertTokens(client: Queryable, model: ModelId, tokens: readonly Uint8Array[]): Promise<void> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let from = 0; from < tokens.length; from += TOKENS_PER_INSERT) {
    const some = tokens.slice(from, from + TOKENS_PER_INSERT);
    await client.query(
      `INSERT INTO token (model_id, index, bytes, text)
       SELECT $1, $2 + place - 1, bytes, text
       FROM unnest($3::bytea[], $4::text[]) WITH ORDINALITY AS token (bytes, text, place)
       ON CONFLICT (model_id, index) DO NOTHING`,
      [
        model,
        from,
        some.map((bytes) => Buffer.from(bytes)),
        some.map((bytes) => storable(decoder.decode(bytes))),
      ],
    );
  }
}
