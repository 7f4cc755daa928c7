/**
 * COPY of many rows inside a transaction. Two thirds of a plain one are foreign keys, looked up row by row; where the
 * session may, they are left out, and whoever copies has to count in the end that every row finds what it points at.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

export interface CopiedRows {
  readonly columns: readonly string[];
}

/** `pieces` in the binary format; to be called inside a transaction. */
export type BulkCopy = (table: string, rows: CopiedRows, pieces: Iterable<Buffer>) => Promise<void>;

export async function openBulkCopy(client: pg.ClientBase): Promise<BulkCopy> {
  // Superusers may, as the user of the embedded server is; others where somebody granted it to them.
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT has_parameter_privilege('session_replication_role', 'SET') AS may`,
  );
  const { may } = rows[0];
  return async (table, { columns }, pieces) => {
    // Checks of single rows and unique keys stay.
    if (may) await client.query('SET LOCAL session_replication_role = replica');
    const sql = `COPY ${table} (${columns.join(', ')}) FROM STDIN (FORMAT binary)`;
    await pipeline(Readable.from(pieces), client.query(copyFrom(sql)));
    if (may) await client.query('SET LOCAL session_replication_role = origin');
  };
}
