/** Records of studies, their heads apart from their results, which can be large; and the studies of a model. */
import DataLoader from 'dataloader';
import type { PrismaClient, Study } from '@residua/prisma/generated/client/client';
import type { Sql, Statement } from '../sql.ts';
import type { StudyJson } from '../study-record.ts';
import { column, createListLoader, createRowLoader } from './batch.ts';
import type { Ordinal } from './batch.ts';

/** Everything but the record. */
export const STUDY_COLUMNS = {
  id: true,
  slug: true,
  kind: true,
  part: true,
  title: true,
  format: true,
  recorded: true,
  command: true,
  codeCommit: true,
  backend: true,
  seeds: true,
  trainTokenCount: true,
  runId: true,
  createdAt: true,
} as const;

export type StudyRow = Pick<Study, keyof typeof STUDY_COLUMNS>;

/** The largest of a part first: it is the one to show. */
export const STUDY_ORDER = [
  { kind: 'asc' },
  { part: 'asc' },
  { trainTokenCount: 'desc' },
  { createdAt: 'desc' },
  { id: 'desc' },
] as const;

const statement = (name: string, members: string): Statement => ({
  name,
  text: `select k.ord::int, ${members} as record from unnest($1::int[]) with ordinality as k(study_id, ord)
    join study s on s.id = k.study_id`,
});
const HEADS = statement(
  'study-heads',
  `jsonb_build_object('provenance', s.record -> 'provenance', 'paper', coalesce(s.record -> 'paper', '[]'),
    'model', s.record -> 'model', 'modelParameterCount', s.record -> 'modelParameterCount', 'family', s.record -> 'models')`,
);
const RESULTS = statement('study-results', `s.record - 'provenance' - 'paper'`);

const LINKED_MODELS: Statement = {
  name: 'study-models',
  text: `select k.ord::int, m.model_id as "modelId"
    from unnest($1::int[], $2::text[]) with ordinality as k(study_id, name, ord)
    join study_model m on m.study_id = k.study_id and m.name = k.name
    where m.model_id is not null`,
};

export function createStudyLoaders(sql: Sql, db: PrismaClient) {
  const loadRecords = (records: Statement) =>
    createRowLoader<readonly [number], { record: StudyJson } & Ordinal>((keys) =>
      sql.rows(records, [column(keys, 0)]),
    );
  return {
    studyHead: loadRecords(HEADS),
    studyResults: loadRecords(RESULTS),
    /** By study and the name it has there. */
    linkedModel: createRowLoader<readonly [studyId: number, name: string], { modelId: number } & Ordinal>(
      (keys) => sql.rows(LINKED_MODELS, [column(keys, 0), column(keys, 1)]),
    ),
    modelStudyIds: createListLoader<readonly [modelId: number], { id: number } & Ordinal>((keys) =>
      sql.rows(MODEL_STUDIES, [column(keys, 0)]),
    ),
    study: new DataLoader(async (ids: readonly number[]) => {
      const rows = await db.study.findMany({ where: { id: { in: [...ids] } }, select: STUDY_COLUMNS });
      return ids.map((id) => rows.find((row) => row.id === id) ?? null);
    }),
  };
}

/** The same order. */
const MODEL_STUDIES: Statement = {
  name: 'model-studies',
  text: `select k.ord::int, s.id from unnest($1::int[]) with ordinality as k(model_id, ord)
    join lateral (select distinct study_id from study_model where model_id = k.model_id) m on true
    join study s on s.id = m.study_id
    order by k.ord, s.kind, s.part, s.train_token_count desc, s.created_at desc, s.id desc`,
};
