/** Labels of features, best first, and their scores. */
import type { Sql, Statement } from '../sql.ts';
import { column, createListLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';
import type { FeatureKey } from './feature.ts';

export interface Label {
  readonly id: number;
  readonly dictionaryId: number;
  readonly featureIndex: number;
  readonly text: string;
  readonly explainer: string;
  readonly version: string;
  readonly model: string;
  readonly createdAt: Date;
}

export interface Score {
  readonly scorer: string;
  readonly version: string;
  readonly status: 'ok' | 'failed' | 'skipped' | 'not_enough_examples';
  readonly value: number | null;
  readonly exampleCount: number;
}

const COLUMNS = `l.id, l.dictionary_id as "dictionaryId", l.feature_index as "featureIndex", l.text, l.explainer,
  l.version, l.model, l.created_at as "createdAt"`;

const LABELS: Statement = {
  name: 'labels',
  text: `select k.ord::int, ${COLUMNS}
    from unnest($1::int[], $2::int[]) with ordinality as k(dictionary_id, feature_index, ord)
    join label l on l.dictionary_id = k.dictionary_id and l.feature_index = k.feature_index
    order by k.ord, (select max(s.value) from score s where s.label_id = l.id and s.status = 'ok') desc nulls last,
      l.created_at desc, l.id desc`,
};

const LABEL_BY_ID: Statement = {
  name: 'label-by-id',
  text: `select k.ord::int, ${COLUMNS} from unnest($1::int[]) with ordinality as k(id, ord)
    join label l on l.id = k.id
    join dictionary d on d.id = l.dictionary_id and d.published_at is not null`,
};

const SCORES: Statement = {
  name: 'scores',
  text: `select k.ord::int, s.scorer, s.version, s.status, s.value, s.example_count as "exampleCount"
    from unnest($1::int[]) with ordinality as k(label_id, ord)
    join score s on s.label_id = k.label_id
    order by k.ord, s.scorer, s.version`,
};

export function createLabelLoaders(sql: Sql) {
  return {
    labels: createListLoader<FeatureKey, Label & Ordinal>((keys) =>
      sql.rows(LABELS, [column(keys, 0), column(keys, 1)]),
    ),
    labelById: createListLoader<readonly [id: number], Label & Ordinal>((keys) =>
      sql.rows(LABEL_BY_ID, [column(keys, 0)]),
    ),
    scores: createListLoader<readonly [labelId: number], Score & Ordinal>((keys) =>
      sql.rows(SCORES, [column(keys, 0)]),
    ),
  };
}
