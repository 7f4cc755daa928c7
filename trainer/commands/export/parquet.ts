/** Tables of a published dictionary as Parquet files; units and provenance travel in their metadata. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { parquetWriteBuffer } from 'hyparquet-writer';

import { writeDurably } from '../../sae/write-durably.ts';
import type { Database } from '../../store/database.ts';
import { EXPORTED_TABLES, loadTable, type ExportedTable } from '../../store/exported-tables.ts';
import type { PublishedRecord } from '../dictionary-file.ts';

export interface WrittenTable {
  readonly file: string;
  readonly rows: number;
}

/** Hands on one table after the other: features last, since a folder that holds it is whole. */
export async function* exportParquet(
  db: Database,
  published: PublishedRecord,
  budget: number,
  folder: string,
): AsyncGenerator<WrittenTable> {
  await mkdir(folder, { recursive: true });
  for (const table of [...EXPORTED_TABLES].reverse()) {
    const columns = await loadTable(db, table, { dictionary: published.id, budget });
    const bytes = parquetWriteBuffer({
      columnData: table.columns.map(({ name, type, isNullable }, i) => {
        return { name, type, nullable: isNullable, data: columns[i] };
      }),
      kvMetadata: metadataOf(table, published, budget),
    });
    const file = path.join(folder, `${table.name}.parquet`);
    await writeDurably(file, [new Uint8Array(bytes)]);
    yield { file, rows: columns[0].length };
  }
}

/** Read by pyarrow as schema.metadata. */
function metadataOf({ columns, hasBudget }: ExportedTable, published: PublishedRecord, budget: number) {
  const { slug, modelSlug, modelSha256, hookpoint, sha256, kind, width } = published;
  const facts = {
    'residua.dictionary': slug,
    'residua.model': modelSlug,
    'residua.model_sha256': modelSha256,
    'residua.hookpoint': hookpoint,
    'residua.kind': kind,
    'residua.width': String(width),
    'residua.weights_sha256': sha256,
    ...(hasBudget && { 'residua.budget': String(budget) }),
    'residua.columns': JSON.stringify(
      Object.fromEntries(columns.map(({ name, meaning }) => [name, meaning])),
    ),
  };
  return Object.entries(facts).map(([key, value]) => ({ key, value }));
}
