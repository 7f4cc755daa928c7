/** Sets of steering vectors and what hangs on each: one statement for any number of sets. Records are read where asked for. */
import { createCursor, parseCursor } from '../page.ts';
import type { Page } from '../page.ts';
import type { Integer, Sql, Statement } from '../sql.ts';
import { ANALYSIS_FORMAT } from '../steering-record.ts';
import type {
  AnalysisKind,
  AnalysisResults,
  SteeringFigure,
  SteeringProvenance,
  TrainingPoint,
} from '../steering-record.ts';
import { column, createListLoader, createRowLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

export interface VectorRow {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly modelSlug: string;
  readonly modelSha256: string;
  readonly modelId: number | null;
  readonly adapter: 'vectors' | 'rank' | 'adaptive' | 'random';
  readonly reward: 'exact' | 'random';
  readonly place: string;
  readonly rank: number | null;
  readonly seed: number;
  readonly parameterCount: Integer;
  readonly layerNumbers: number[];
  readonly recorded: boolean;
  readonly runId: number | null;
  readonly createdAt: Date;
}

export interface LayerRow {
  readonly vectorId: number;
  readonly layer: number;
  readonly norm: number;
  readonly hiddenNorm: number;
}

export interface LayerValues {
  readonly values: number[];
  readonly readOut: number[];
}

export interface ScoreRow {
  readonly isBase: boolean;
  readonly testSet: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly samples: number;
}

export interface AnalysisRow {
  readonly vectorId: number;
  readonly kind: AnalysisKind;
  readonly recorded: boolean;
  readonly runId: number | null;
  readonly createdAt: Date;
  readonly provenance: SteeringProvenance;
  readonly paper: readonly SteeringFigure[];
}

/** Everything but curve and provenance; v is steering_vector. */
const COLUMNS = `v.id, v.slug, v.name, v.model_slug as "modelSlug", v.model_sha256 as "modelSha256", v.model_id as "modelId",
  v.adapter, v.reward, v.place, v.rank, v.seed, v.parameter_count as "parameterCount", v.layers as "layerNumbers",
  v.recorded, v.run_id as "runId", v.created_at as "createdAt"`;

/** By model, sets of most layers first, then by layer: as the index of the table has it. */
const SORT = ['v.model_slug collate "C"', '(-cardinality(v.layers))', '(v.layers[1])', 'v.adapter', 'v.seed', 'v.id']; // prettier-ignore
const ORDER = SORT.join(', ');

const ID_KEYS = 'unnest($1::int[]) with ordinality as k(id, ord)';
const listOf = (name: string, owner: string): Statement => ({
  name,
  text: `select k.ord::int, p.id from unnest($1::int[], $2::int[]) with ordinality as k(id, first, ord)
    cross join lateral (
      select v.id, row_number() over (order by ${ORDER}) as place from steering_vector v
      where v.${owner} = k.id order by place limit k.first
    ) p order by k.ord, p.place`,
});
const MODEL_VECTORS = listOf('model-vectors', 'model_id');
const RUN_VECTORS = listOf('run-vectors', 'run_id');

const VECTORS: Statement = {
  name: 'steering-vectors',
  text: `select k.ord::int, ${COLUMNS} from ${ID_KEYS} join steering_vector v on v.id = k.id`,
};
const BY_SLUG: Statement = {
  name: 'steering-vectors-by-slug',
  text: `select k.ord::int, ${COLUMNS} from unnest($1::text[]) with ordinality as k(slug, ord)
    join steering_vector v on v.slug = k.slug`,
};
const CURVES: Statement = {
  name: 'steering-curves',
  text: `select k.ord::int, v.curve from ${ID_KEYS} join steering_vector v on v.id = k.id`,
};
const PROVENANCES: Statement = {
  name: 'steering-provenances',
  text: `select k.ord::int, v.provenance from ${ID_KEYS} join steering_vector v on v.id = k.id`,
};
const LAYERS: Statement = {
  name: 'steering-layers',
  text: `select k.ord::int, l.vector_id as "vectorId", l.layer, l.norm, l.hidden_norm as "hiddenNorm"
    from ${ID_KEYS} join steering_layer l on l.vector_id = k.id order by k.ord, l.layer`,
};
const VALUES: Statement = {
  name: 'steering-values',
  text: `select k.ord::int, l.values, l.read_out as "readOut"
    from unnest($1::int[], $2::int[]) with ordinality as k(id, layer, ord)
    join steering_layer l on l.vector_id = k.id and l.layer = k.layer`,
};
const SCORES: Statement = {
  name: 'steering-scores',
  text: `select k.ord::int, s.is_base as "isBase", s.test_set as "testSet", s.accuracy as value, s.low, s.high, s.n, s.samples
    from ${ID_KEYS} join steering_score s on s.vector_id = k.id order by k.ord, s.rank, s.test_set`,
};
/** Of a shape known here, in the order of their kinds. */
const ANALYSES: Statement = {
  name: 'steering-analyses',
  text: `select k.ord::int, a.vector_id as "vectorId", a.kind, a.recorded, a.run_id as "runId", a.created_at as "createdAt",
      a.record -> 'provenance' as provenance, coalesce(a.record -> 'paper', '[]') as paper
    from ${ID_KEYS} join steering_analysis a on a.vector_id = k.id and a.format = '${ANALYSIS_FORMAT}'
    order by k.ord, a.kind`,
};
const RESULTS: Statement = {
  name: 'steering-results',
  text: `select k.ord::int, a.record - 'provenance' - 'paper' as record
    from unnest($1::int[], $2::text[]) with ordinality as k(id, kind, ord)
    join steering_analysis a on a.vector_id = k.id and a.kind = k.kind`,
};

type IdKey = readonly [id: number];
export type ResultKey = readonly [vectorId: number, kind: AnalysisKind];

export function createSteeringLoaders(sql: Sql) {
  const byId = (statement: Statement) => (keys: readonly IdKey[]) => [statement, [column(keys, 0)]] as const;
  const byTwo = (statement: Statement) => (keys: readonly (readonly [unknown, unknown])[]) =>
    [statement, [column(keys, 0), column(keys, 1)]] as const;
  type Listed = { id: number } & Ordinal;
  type ListKey = readonly [owner: number, first: number];
  return {
    vector: createRowLoader<IdKey, VectorRow & Ordinal>((keys) => sql.rows(...byId(VECTORS)(keys))),
    vectorBySlug: createRowLoader<readonly [slug: string], VectorRow & Ordinal>((keys) =>
      sql.rows(BY_SLUG, [column(keys, 0)]),
    ),
    modelVectorIds: createListLoader<ListKey, Listed>((keys) => sql.rows(...byTwo(MODEL_VECTORS)(keys))),
    runVectorIds: createListLoader<ListKey, Listed>((keys) => sql.rows(...byTwo(RUN_VECTORS)(keys))),
    vectorCurve: createRowLoader<IdKey, { curve: readonly TrainingPoint[] } & Ordinal>((keys) =>
      sql.rows(...byId(CURVES)(keys)),
    ),
    vectorProvenance: createRowLoader<IdKey, { provenance: SteeringProvenance } & Ordinal>((keys) =>
      sql.rows(...byId(PROVENANCES)(keys)),
    ),
    vectorLayers: createListLoader<IdKey, LayerRow & Ordinal>((keys) => sql.rows(...byId(LAYERS)(keys))),
    layerValues: createRowLoader<readonly [vectorId: number, layer: number], LayerValues & Ordinal>((keys) =>
      sql.rows(...byTwo(VALUES)(keys)),
    ),
    vectorScores: createListLoader<IdKey, ScoreRow & Ordinal>((keys) => sql.rows(...byId(SCORES)(keys))),
    vectorAnalyses: createListLoader<IdKey, AnalysisRow & Ordinal>((keys) =>
      sql.rows(...byId(ANALYSES)(keys)),
    ),
    analysisResults: createRowLoader<ResultKey, { record: AnalysisResults[AnalysisKind] } & Ordinal>((keys) =>
      sql.rows(...byTwo(RESULTS)(keys)),
    ),
  };
}

export interface VectorFilter {
  /** Slug. */
  readonly model: string | null;
  /** Sets with a vector at this layer. */
  readonly layer: number | null;
  readonly adapter: string | null;
  readonly reward: string | null;
}

const CONDITIONS = `($1::text is null or v.model_slug = $1) and ($2::int is null or $2 = any (v.layers))
  and ($3::text is null or v.adapter = $3) and ($4::text is null or v.reward = $4)`;

/** $5... the sort key of the row before, where there is one; the last parameter is how many rows. */
function pageStatement(isBackward: boolean, hasCursor: boolean): Statement {
  const key = '$5::text collate "C", $6::int, $7::int, $8::text, $9::int, $10::int';
  const beyond = hasCursor ? `and (${ORDER}) ${isBackward ? '<' : '>'} (${key})` : '';
  const order = SORT.map((part) => `${part} ${isBackward ? 'desc' : 'asc'}`).join(', ');
  return {
    name: `steering-page-${isBackward ? 'backward' : 'forward'}${hasCursor ? '-on' : ''}`,
    text: `select ${COLUMNS} from steering_vector v where ${CONDITIONS} ${beyond}
      order by ${order} limit $${hasCursor ? 11 : 5}`,
  };
}

const COUNT: Statement = {
  name: 'steering-count',
  text: `select count(*) as count from steering_vector v where ${CONDITIONS}`,
};

export async function loadVectorPage(sql: Sql, filter: VectorFilter, page: Page): Promise<VectorRow[]> {
  const key = page.cursor === null ? [] : parseCursor(scopeOf(filter), page.cursor);
  const statement = pageStatement(page.isBackward, key.length > 0);
  return sql.rows(statement, [...valuesOf(filter), ...key, page.size + 1]);
}

export async function countVectors(sql: Sql, filter: VectorFilter): Promise<number> {
  return (await sql.rows<{ count: number }>(COUNT, valuesOf(filter)))[0].count;
}

export function createVectorCursor(filter: VectorFilter, row: VectorRow): string {
  const { modelSlug, layerNumbers, adapter, seed, id } = row;
  const key = [modelSlug, -layerNumbers.length, layerNumbers[0], adapter, seed, id];
  return createCursor(scopeOf(filter), key);
}

const valuesOf = ({ model, layer, adapter, reward }: VectorFilter) => [model, layer, adapter, reward];
const scopeOf = (filter: VectorFilter) => `steeringVectors.${JSON.stringify(valuesOf(filter))}`;
