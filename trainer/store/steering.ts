/**
 * Sets of steering vectors and what was found out about them: one transaction for each, under its slug. Whoever saves one
 * has checked its record. What was run here outranks what was recorded.
 */
import type { RunId } from '@residua/prisma/ids';
import type { Analysis, AnalysisKind, VectorLayer, VectorRecord } from '../steering/record.ts';
import { inTransaction, type Database, type Queryable } from './database.ts';
import { toStorableJson } from './stored-text.ts';

export interface VectorLinks {
  readonly run: RunId | null;
  /** Trained elsewhere before, and read from a file. */
  readonly isRecorded: boolean;
}

/**
 * Saving it again changes nothing. A recorded set never replaces one that was trained here: then false. Analyses of a set
 * go when its vectors change: they speak of others.
 */
export async function saveVector(db: Database, vector: VectorRecord, links: VectorLinks): Promise<boolean> {
  return inTransaction(db, async (client) => {
    await checkModel(client, vector);
    const { rows } = await client.query<{ id: number }>(UPSERT_VECTOR, [
      ...[vector.slug, vector.name, vector.format, vector.model, vector.modelSha256, vector.adapter],
      ...[vector.reward, vector.place, vector.rank, vector.seed, vector.parameterCount],
      ...[
        vector.layers.map(({ layer }) => layer),
        toStorableJson(vector.curve, `The curve of ${vector.slug}`),
      ],
      ...[toStorableJson(vector.provenance, `The provenance of ${vector.slug}`), links.isRecorded, links.run],
    ]);
    if (rows.length === 0) return false;
    const [{ id }] = rows;
    if (!(await hasLayers(client, id, vector.layers)))
      await client.query('DELETE FROM steering_analysis WHERE vector_id = $1', [id]);
    await replaceLayers(client, id, vector.layers);
    await replaceScores(client, id, vector);
    await linkVectors(client);
    return true;
  });
}

const UPSERT_VECTOR = `
  INSERT INTO steering_vector (slug, name, format, model_slug, model_sha256, adapter, reward, place, rank, seed,
    parameter_count, layers, curve, provenance, recorded, run_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT (slug) DO UPDATE SET name = excluded.name, format = excluded.format, model_slug = excluded.model_slug,
    model_sha256 = excluded.model_sha256, adapter = excluded.adapter, reward = excluded.reward, place = excluded.place,
    rank = excluded.rank, seed = excluded.seed, parameter_count = excluded.parameter_count, layers = excluded.layers,
    curve = excluded.curve, provenance = excluded.provenance, recorded = excluded.recorded, run_id = excluded.run_id,
    model_id = CASE WHEN (steering_vector.model_slug, steering_vector.model_sha256)
      = (excluded.model_slug, excluded.model_sha256) THEN steering_vector.model_id END
  WHERE steering_vector.recorded OR NOT excluded.recorded
  RETURNING id`;

/** Of the model here with those weights, where there is one: other weights of that slug are another model. */
async function checkModel(
  client: Queryable,
  { slug, model, modelSha256, layers }: VectorRecord,
): Promise<void> {
  const { rows } = await client.query<{ layers: number; width: number }>(
    'SELECT layer_count AS layers, hidden_width AS width FROM model WHERE slug = $1 AND sha256 = $2',
    [model, modelSha256],
  );
  if (rows.length === 0) return;
  for (const { layer, values } of layers)
    if (layer >= rows[0].layers || values.length !== rows[0].width)
      throw new Error(
        `${slug}: expected vectors of ${rows[0].width} numbers at layers 0 to ${rows[0].layers - 1} of ${model}, got ` +
          `${values.length} at layer ${layer}. Train them on this model.`,
      );
}

async function hasLayers(client: Queryable, id: number, layers: readonly VectorLayer[]): Promise<boolean> {
  const { rows } = await client.query<{ layer: number; values: number[]; readOut: number[] }>(
    'SELECT layer, "values", read_out AS "readOut" FROM steering_layer WHERE vector_id = $1 ORDER BY layer',
    [id],
  );
  const isEqual = (stored: readonly number[], given: readonly number[]) =>
    stored.length === given.length &&
    stored.every((value, at) => Math.fround(value) === Math.fround(given[at]));
  return (
    rows.length === layers.length &&
    rows.every(
      ({ layer, values, readOut }, at) =>
        layer === layers[at].layer &&
        isEqual(values, layers[at].values) &&
        isEqual(readOut, layers[at].readOut ?? []),
    )
  );
}

async function replaceLayers(client: Queryable, id: number, layers: readonly VectorLayer[]): Promise<void> {
  await client.query('DELETE FROM steering_layer WHERE vector_id = $1', [id]);
  for (const { layer, norm, hiddenNorm, values, readOut } of layers)
    await client.query(
      `INSERT INTO steering_layer (vector_id, layer, norm, hidden_norm, "values", read_out) VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, layer, norm, hiddenNorm, values, readOut ?? []],
    );
}

async function replaceScores(client: Queryable, id: number, { base, scores }: VectorRecord): Promise<void> {
  await client.query('DELETE FROM steering_score WHERE vector_id = $1', [id]);
  const rows = [base, scores].flatMap((list, whose) =>
    list.map(({ testSet, accuracy, samples }, rank) => ({
      ...accuracy,
      testSet,
      samples,
      rank,
      isBase: whose === 0,
    })),
  );
  await client.query(
    `INSERT INTO steering_score (vector_id, is_base, test_set, rank, accuracy, low, high, n, samples)
     SELECT $1, "isBase", "testSet", rank, value, low, high, n, samples FROM jsonb_to_recordset($2) AS row
       ("isBase" boolean, "testSet" text, rank int, value float8, low float8, high float8, n int, samples int)`,
    [id, toStorableJson(rows, 'A score')],
  );
}

/** Ties sets to models that came after them; returns how many it tied. */
export async function linkVectors(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE steering_vector SET model_id = model.id FROM model
     WHERE model_id IS NULL AND model.slug = steering_vector.model_slug AND model.sha256 = steering_vector.model_sha256`,
  );
  return rowCount ?? 0;
}

/**
 * Saving it again changes nothing. A recorded analysis replaces none that was made here, and is none of a set that was
 * trained here: then false.
 */
export async function saveAnalysis(db: Database, analysis: Analysis, links: VectorLinks): Promise<boolean> {
  return inTransaction(db, async (client) => {
    // Held until it is saved: the set cannot become another meanwhile.
    const { rows } = await client.query<{ id: number; recorded: boolean }>(
      'SELECT id, recorded FROM steering_vector WHERE slug = $1 FOR SHARE',
      [analysis.vector],
    );
    if (rows.length === 0)
      throw new Error(
        `Analysis ${analysis.kind}: expected the set of vectors ${analysis.vector} in the database, got none of that ` +
          'slug. Save the set first; residua vectors list names those there are.',
      );
    if (links.isRecorded && !rows[0].recorded) return false;
    const { rowCount } = await client.query(UPSERT_ANALYSIS, [
      ...[rows[0].id, analysis.kind, analysis.format],
      toStorableJson(analysis, `Analysis ${analysis.kind} of ${analysis.vector}`),
      ...[links.isRecorded, analysis.provenance.command, links.run],
    ]);
    return rowCount === 1;
  });
}

const UPSERT_ANALYSIS = `
  INSERT INTO steering_analysis (vector_id, kind, format, record, recorded, command, run_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (vector_id, kind) DO UPDATE SET format = excluded.format, record = excluded.record,
    recorded = excluded.recorded, command = excluded.command, run_id = excluded.run_id
  WHERE steering_analysis.recorded OR NOT excluded.recorded`;

export interface VectorFilter {
  /** Slug of their model. */
  readonly model?: string;
  readonly slugs?: readonly string[];
}

/** In the order of their slugs. */
export async function loadVectors(
  db: Queryable,
  { model, slugs }: VectorFilter = {},
): Promise<VectorRecord[]> {
  const { rows } = await db.query<VectorRecord>(
    `SELECT format, slug, name, model_slug AS model, model_sha256 AS "modelSha256", adapter, reward, place, rank, seed,
       parameter_count::float8 AS "parameterCount", (${LAYERS}) AS layers, (${scores('is_base')}) AS base,
       (${scores('NOT is_base')}) AS scores, curve, provenance
     FROM steering_vector v WHERE ${CHOSEN} ORDER BY slug COLLATE "C"`,
    [model ?? null, slugs ?? null],
  );
  return rows;
}

/** In the order of their sets, then of their kinds. */
export async function loadAnalyses(
  db: Queryable,
  { model, slugs, kind }: VectorFilter & { readonly kind?: AnalysisKind } = {},
): Promise<Analysis[]> {
  const { rows } = await db.query<{ record: Analysis }>(
    `SELECT record FROM steering_analysis a JOIN steering_vector v ON v.id = a.vector_id
     WHERE ${CHOSEN} AND ($3::text IS NULL OR a.kind = $3) ORDER BY v.slug COLLATE "C", a.kind COLLATE "C"`,
    [model ?? null, slugs ?? null, kind ?? null],
  );
  return rows.map(({ record }) => record);
}

const CHOSEN = '($1::text IS NULL OR model_slug = $1) AND ($2::text[] IS NULL OR slug = ANY ($2))';

// A real is written with the fewest digits that name it, so a vector comes back as the float32 numbers it is.
const LAYERS = `SELECT coalesce(jsonb_agg(jsonb_build_object('layer', layer, 'norm', norm, 'hiddenNorm', hidden_norm,
    'values', to_jsonb("values")) || CASE WHEN cardinality(read_out) = 0 THEN '{}'
      ELSE jsonb_build_object('readOut', to_jsonb(read_out)) END ORDER BY layer), '[]')
  FROM steering_layer WHERE vector_id = v.id`;

const scores = (
  whose: string,
) => `SELECT coalesce(jsonb_agg(jsonb_build_object('testSet', test_set, 'accuracy',
    jsonb_build_object('value', accuracy, 'low', low, 'high', high, 'n', n), 'samples', samples) ORDER BY rank), '[]')
  FROM steering_score WHERE vector_id = v.id AND ${whose}`;
