/**
 * Publishes a dictionary with everything read out of it, as one resumable import: rows go in by COPY in parts, each in
 * one transaction with a note of its row count and checksum; the last transaction checks that all is there and makes it
 * visible. Killed anywhere and started again it goes on after the last part; run twice it changes nothing.
 */
import type pg from 'pg';
import type { CorpusId, DictionaryId, ModelId, RunId } from '@residua/prisma/ids';
import type { Readout } from '../interp/records.ts';
import { runTransaction, type Database } from './database.ts';
import { createDictionary, type DictionaryRecord } from './dictionaries.ts';
import { openBulkCopy, type BulkCopy } from './bulk-copy.ts';
import { saveProvenance, type ProvenanceRecord } from './provenance.ts';
import { checkCompleteness } from './publication-check.ts';
import { loadLabelIds } from './labels.ts';
import { openParts, type WrittenPart } from './publication-parts.ts';
import {
  dictionaryRelations,
  scoreRelation,
  windowRelation,
  type Relation,
} from './publication-relations.ts';
import { insertStagedWindows, loadWindowIds, STAGE_WINDOWS } from './token-windows.ts';

export interface Publication {
  readonly dictionary: DictionaryRecord;
  readonly model: ModelId;
  readonly run: RunId | null;
  /** Ids of every corpus the read-out names, by slug. */
  readonly corpora: ReadonlyMap<string, CorpusId>;
  readonly provenance: ProvenanceRecord;
  readonly readout: Readout;
}

export interface PublishOptions {
  /** Rows of one COPY: the unit that a kill can cost. Another size than last time makes other parts. */
  readonly partRows?: number;
}

export interface PublishProgress {
  /** The table being written. */
  readonly relation: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** False for a part that an earlier attempt had committed. */
  readonly isNew: boolean;
}

// 10,000 examples are about 2 MB: a tenth of a second of work, and little memory.
const PART_ROWS = 10_000;
// First key of the advisory locks of publications; the second is the dictionary's id.
const PUBLISH_LOCK = 7_216_421;

export async function* publish(
  db: Database,
  publication: Publication,
  { partRows = PART_ROWS }: PublishOptions = {},
): AsyncGenerator<PublishProgress, DictionaryId> {
  const client = await db.connect();
  try {
    const provenance = await saveProvenance(client, publication.provenance);
    const links = { model: publication.model, run: publication.run, provenance };
    const { id } = await createDictionary(client, publication.dictionary, links);
    // One writer: another one waits here, then finds every part committed.
    await client.query('SELECT pg_advisory_lock($1, $2)', [PUBLISH_LOCK, id]);
    yield* writeAndShow(client, id, publication, partRows);
    return id;
  } finally {
    // Closed, not returned: that ends the lock and any COPY that was under way.
    client.release(true);
  }
}

async function* writeAndShow(
  client: pg.PoolClient,
  id: DictionaryId,
  { dictionary, model, corpora, readout }: Publication,
  partRows: number,
): AsyncGenerator<PublishProgress> {
  const keys = { dictionary: id, corpora };
  const parts = await openParts({ client, dictionary: id, slug: dictionary.slug, partRows });
  const tell = createTeller(readout);
  const copy = await openBulkCopy(client);

  const windows = windowRelation(readout.windows, corpora);
  yield* tell(
    windows,
    parts.write(windows, (rows) => insertWindows(client, model, () => copy('staged_window', windows, rows))),
  );
  const windowIds = await loadWindowIds(client, model, corpora, readout.windows);
  const relations = dictionaryRelations(readout, keys, windowIds);
  for (const relation of relations) yield* tell(relation, parts.write(relation, copyInto(copy, relation)));
  const scores = scoreRelation(readout.scores, await loadLabelIds(client, id));
  yield* tell(scores, parts.write(scores, copyInto(copy, scores)));
  if (parts.hasWritten()) await updateStatistics(client, [windows, ...relations, scores]);
  await show(client, id, {
    slug: dictionary.slug,
    width: dictionary.width,
    relations: [...relations, scores],
  });
}

/** Turns written parts into progress over all rows of the read-out. */
function createTeller({ summary: _, ...records }: Readout) {
  const rowsTotal = Object.values(records).reduce((sum, { length }) => sum + length, 0);
  let rowsDone = 0;
  return async function* (
    relation: Relation,
    written: AsyncIterable<WrittenPart>,
  ): AsyncGenerator<PublishProgress> {
    for await (const { rows, isNew } of written) {
      rowsDone += rows;
      yield { relation: relation.name, rowsDone, rowsTotal, isNew };
    }
  };
}

async function insertWindows(
  client: pg.PoolClient,
  model: ModelId,
  stage: () => Promise<void>,
): Promise<void> {
  await client.query(STAGE_WINDOWS);
  await stage();
  await insertStagedWindows(client, model);
}

const copyInto = (copy: BulkCopy, relation: Relation) => (rows: Iterable<Buffer>) =>
  copy(relation.name, relation, rows);

/**
 * So that the first pages are planned for the rows there are now. Postgres does it by itself within a minute or so; for
 * somebody who does not own the tables it warns and leaves it at that.
 */
async function updateStatistics(client: pg.PoolClient, relations: readonly Relation[]): Promise<void> {
  await client.query(`ANALYZE ${relations.map(({ name }) => name).join(', ')}`);
}

async function show(
  client: pg.PoolClient,
  id: DictionaryId,
  promised: Parameters<typeof checkCompleteness>[2],
): Promise<void> {
  await runTransaction(client, async () => {
    const { rows } = await client.query<{ isPublished: boolean }>(
      'SELECT published_at IS NOT NULL AS "isPublished" FROM dictionary WHERE id = $1 FOR UPDATE',
      [id],
    );
    // What is published may have grown since, e.g. by labels of other explainers.
    if (rows[0].isPublished) return;
    await checkCompleteness(client, id, promised);
    await client.query('SELECT fill_domain_share($1)', [id]);
    await client.query('UPDATE dictionary SET published_at = now() WHERE id = $1', [id]);
    await client.query('SELECT notify_dictionary_published($1)', [id]);
  });
}
