/** What of a published dictionary leaves the database as tables: one row a feature, a feature and budget, a label and score. */
import type { DictionaryId } from '@residua/prisma/ids';
import type { Queryable } from './database.ts';

export type ColumnType = 'INT32' | 'INT64' | 'DOUBLE' | 'STRING';

export interface ExportedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** What it says, with its unit. */
  readonly meaning: string;
  readonly isNullable: boolean;
}

export interface ExportedTable {
  readonly name: 'features' | 'levels' | 'labels';
  readonly columns: readonly ExportedColumn[];
  /** $1 dictionary, $2 budget; columns by name. */
  readonly sql: string;
  /** Whether it says something about one budget. */
  readonly hasBudget: boolean;
}

interface Declared {
  readonly type: ColumnType;
  /** SQL. */
  readonly from: string;
  readonly meaning: string;
  readonly isNullable?: boolean;
}

function tableOf(
  name: ExportedTable['name'],
  declared: Readonly<Record<string, Declared>>,
  rest: string,
): ExportedTable {
  const columns = Object.entries(declared).map(([column, { type, meaning, isNullable = false }]) => {
    return { name: column, type, meaning, isNullable };
  });
  const selected = Object.entries(declared).map(([column, { from }]) => `${from} AS ${column}`);
  return { name, columns, sql: `SELECT ${selected.join(', ')} ${rest}`, hasBudget: rest.includes('$2') };
}

const feature: Declared = { type: 'INT32', from: 'f.index', meaning: '0-based row of the dictionary' };
const number = (from: string, meaning: string): Declared => ({ type: 'DOUBLE', from, meaning });
const count = (from: string, meaning: string): Declared => ({ type: 'INT64', from, meaning });
const text = (from: string, meaning: string): Declared => ({ type: 'STRING', from, meaning });
const orNull = (declared: Declared): Declared => ({ ...declared, isNullable: true });

const LEVEL = {
  fire_count: count('s.fire_count', 'tokens on which it acts at the budget'),
  token_count: count('s.token_count', 'tokens looked at'),
  density: number('s.density', 'fire_count / token_count'),
  max_act: number('s.max_act', 'strongest act, units of the hidden states'),
  mean_act: number('s.mean_act', 'mean act where it acts, units of the hidden states'),
};

export const EXPORTED_TABLES: readonly ExportedTable[] = [
  tableOf(
    'features',
    {
      feature,
      label: orNull(text('l.text', 'words for it: the label that predicts best, of equal ones the newest')),
      label_explainer: orNull(text('l.explainer', 'who wrote the label')),
      label_score: orNull(
        number('l.score', '0..1, how well the label predicts; null where it was not scored'),
      ),
      ...LEVEL,
      encoder_norm: number('f.encoder_norm', 'norm of its encoder row'),
      encoder_bias: number('f.encoder_bias', 'units of pre-acts'),
      encoder_decoder_cosine: number('f.encoder_decoder_cosine', 'cosine of its encoder and its decoder row'),
      domain_share: orNull(
        number('f.domain_share', 'share of its densities over all corpora that falls to the domain'),
      ),
    },
    `FROM feature f
     JOIN feature_level_stat s ON (s.dictionary_id, s.feature_index, s.budget) = (f.dictionary_id, f.index, $2)
     LEFT JOIN LATERAL (
       SELECT label.text, label.explainer, max(score.value) FILTER (WHERE score.status = 'ok') AS score
       FROM label LEFT JOIN score ON score.label_id = label.id
       WHERE (label.dictionary_id, label.feature_index) = (f.dictionary_id, f.index)
       GROUP BY label.id ORDER BY score DESC NULLS LAST, label.id DESC LIMIT 1) l ON true
     WHERE f.dictionary_id = $1 ORDER BY f.index`,
  ),
  tableOf(
    'levels',
    {
      feature: { ...feature, from: 's.feature_index' },
      budget: { type: 'INT32', from: 's.budget', meaning: 'acts kept per token' },
      ...LEVEL,
    },
    'FROM feature_level_stat s WHERE s.dictionary_id = $1 ORDER BY s.feature_index, s.budget',
  ),
  tableOf(
    'labels',
    {
      feature: { ...feature, from: 'l.feature_index' },
      text: text('l.text', 'words for the feature'),
      explainer: text('l.explainer', 'who wrote them'),
      explainer_version: text('l.version', 'its version'),
      model: text('l.model', 'the language model behind the explainer; empty without one'),
      prompt_sha256: text('l.prompt_sha256', 'of its prompt; empty without one'),
      scorer: orNull(text('s.scorer', 'who judged them; null where nobody did')),
      scorer_version: orNull(text('s.version', 'its version')),
      status: orNull(text('s.status', 'ok, failed, skipped or not_enough_examples')),
      score: orNull(number('s.value', '0..1; null unless ok')),
      judged: orNull({ type: 'INT32', from: 's.example_count', meaning: 'tokens or examples judged' }),
    },
    `FROM label l LEFT JOIN score s ON s.label_id = l.id WHERE l.dictionary_id = $1
     ORDER BY l.feature_index, l.explainer, l.version, l.model, l.prompt_sha256, s.scorer, s.version`,
  ),
];

export type ColumnValues = (number | bigint | string | null)[];

/** Values by column, in the order of the table's columns. */
export async function loadTable(
  db: Queryable,
  { sql, columns, hasBudget }: ExportedTable,
  of: { readonly dictionary: DictionaryId; readonly budget: number },
): Promise<ColumnValues[]> {
  const { rows } = await db.query<(number | string | null)[]>({
    text: sql,
    values: hasBudget ? [of.dictionary, of.budget] : [of.dictionary],
    rowMode: 'array',
  });
  return columns.map(({ type }, column) =>
    // Postgres' bigint arrives as text.
    rows.map((row) => (type === 'INT64' ? BigInt(row[column] as string) : row[column])),
  );
}
