/**
 * The parts of a publication: a relation's rows are cut into parts, each written in one transaction together with a note
 * of what it holds. A part that is noted is not written again, but must be what would be written now.
 */
import { createHash, type Hash } from 'node:crypto';
import type pg from 'pg';
import type { DictionaryId } from '@residua/prisma/ids';
import { COPY_END, COPY_HEAD, createCopyWriter } from './copy-binary.ts';
import { runTransaction } from './database.ts';
import type { Relation } from './publication-relations.ts';

export interface PartsOf {
  readonly client: pg.PoolClient;
  readonly dictionary: DictionaryId;
  /** Of the dictionary, for errors. */
  readonly slug: string;
  readonly partRows: number;
}

export interface WrittenPart {
  readonly rows: number;
  /** False when an earlier attempt had committed it. */
  readonly isNew: boolean;
}

export type Insert = (rows: Iterable<Buffer>) => Promise<void>;

// Small beside a part, so that Postgres works on one while the next is made.
const PIECE_BYTES = 200_000;

export interface Parts {
  /** `insert` gets one part in pieces, as binary COPY reads it. */
  write(relation: Relation, insert: Insert): AsyncGenerator<WrittenPart>;
  /** False while everything asked for had been committed before. */
  hasWritten(): boolean;
}

export async function openParts(of: PartsOf): Promise<Parts> {
  const committed = await loadCommittedParts(of);
  let hasWritten = false;
  return {
    async *write(relation, insert) {
      for await (const part of writeParts(of, committed, relation, insert)) {
        hasWritten ||= part.isNew;
        yield part;
      }
    },
    hasWritten: () => hasWritten,
  };
}

async function* writeParts(
  { client, dictionary, slug, partRows }: PartsOf,
  committed: ReadonlyMap<string, PartNote>,
  relation: Relation,
  insert: Insert,
): AsyncGenerator<WrittenPart> {
  for (let part = 0, from = 0; from < relation.rowCount; part++, from += partRows) {
    const rowCount = Math.min(partRows, relation.rowCount - from);
    const hash = createHash('sha256');
    const pieces = hashedPieces(relation, from, rowCount, hash);
    const before = committed.get(`${relation.name} ${part}`);
    if (before) {
      drain(pieces);
      const note = { rowCount, sha256: hash.digest('hex') };
      if (before.sha256 !== note.sha256)
        throw new Error(otherRows(slug, `${relation.name} ${part}`, before, note));
    } else {
      await runTransaction(client, async () => {
        // A power cut may cost the last parts, whole: the transaction that shows them waits for the disk.
        await client.query('SET LOCAL synchronous_commit = off');
        await insert(pieces);
        await client.query(
          'INSERT INTO publication_part (dictionary_id, relation, part, row_count, sha256) VALUES ($1, $2, $3, $4, $5)',
          [dictionary, relation.name, part, rowCount, hash.digest('hex')],
        );
      });
    }
    yield { rows: rowCount, isNew: before === undefined };
  }
}

interface PartNote {
  readonly rowCount: number;
  readonly sha256: string;
}

/** By relation and number of the part. */
async function loadCommittedParts({ client, dictionary }: PartsOf): Promise<Map<string, PartNote>> {
  const { rows } = await client.query<PartNote & { relation: string; part: number }>(
    'SELECT relation, part, row_count AS "rowCount", sha256 FROM publication_part WHERE dictionary_id = $1',
    [dictionary],
  );
  return new Map(rows.map((row) => [`${row.relation} ${row.part}`, row]));
}

function* hashedPieces(relation: Relation, from: number, rowCount: number, hash: Hash): Generator<Buffer> {
  const writer = createCopyWriter(relation.types);
  const hashed = (piece: Buffer): Buffer => {
    hash.update(piece);
    return piece;
  };
  yield hashed(COPY_HEAD);
  for (let index = from; index < from + rowCount; index++) {
    writer.row(relation.fields(index), () => `${relation.name}, record ${index}`);
    if (writer.sizeBytes >= PIECE_BYTES) yield hashed(writer.take());
  }
  yield hashed(writer.take());
  yield hashed(COPY_END);
}

function drain(pieces: Iterable<Buffer>): void {
  for (const _ of pieces); // What counts is the hash it leaves behind.
}

const otherRows = (slug: string, part: string, before: PartNote, now: PartNote): string =>
  `Dictionary ${slug} was begun with other rows: part ${part} has ${before.rowCount} rows of sha256 ${before.sha256}, ` +
  `and now ${now.rowCount} rows of sha256 ${now.sha256} would be written. Publish under another slug; a half that was ` +
  `never finished goes with \`residua db discard ${slug}\`.`;
