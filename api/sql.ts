/** Prepared statements over a pool: a name is planned once per connection. Counts beyond 2^53 - 1 come as bigint. */
import pg from 'pg';
import { STATEMENT_TIMEOUT_MS } from './limits.ts';

export interface Statement {
  /** Unique per text: Postgres keeps the plan under it. */
  readonly name: string;
  readonly text: string;
}

export interface Sql {
  rows<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

export type Integer = number | bigint;

const INT8_OID = 20;

export function parseInteger(text: string): Integer {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID && format !== 'binary'
      ? parseInteger
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** Ten connections serve what two cores can ask. */
export function createPool(databaseUrl: string, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'residua-api',
  });
  // An idle connection that dies is replaced by the pool; without a listener it would end the process.
  pool.on('error', onError);
  return pool;
}

export function createSql(pool: pg.Pool): Sql {
  return {
    async rows<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
      const result = await pool.query<Row>({ ...statement, values: [...values], types });
      return result.rows;
    },
  };
}
