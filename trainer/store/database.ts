/** Connections of the store: a bounded pool, transactions, and which errors mean "try again" rather than "wrong". */
import pg from 'pg';

export type Database = pg.Pool;
/** A pool or one connection of it inside a transaction. */
export type Queryable = pg.Pool | pg.PoolClient | pg.Client;

export interface OpenDatabase {
  readonly url: string;
  readonly maxConnections?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

export function openDatabase({
  url,
  maxConnections = 8,
  applicationName = 'residua',
}: OpenDatabase): Database {
  const db = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that dies fails the query that uses it; without listeners it would also end the process.
  db.on('error', () => {});
  db.on('connect', (client) => client.on('error', () => {}));
  return db;
}

export async function inTransaction<T>(
  db: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await db.connect();
  try {
    const result = await runTransaction(client, () => work(client));
    client.release();
    return result;
  } catch (error) {
    // A connection in an unknown state is closed, not returned.
    client.release(isConnectionError(error));
    throw error;
  }
}

/** The same on a connection of one's own. */
export async function runTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

// Classes 08 (connection) and 57P (shutdown, starting up), too_many_connections, and the two conflicts of concurrency.
const TRANSIENT_SQLSTATE = /^(08...|57P0[1-5]|53300|40001|40P01)$/;
const TRANSIENT_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
// node-postgres gives these no code.
const TRANSIENT_MESSAGE =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|Client was closed/;
// Prisma: cannot reach the server, connection timed out, server closed the connection, no free connection.
const TRANSIENT_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2034']);

/** True when the same call may succeed later: the server was away or busy, nothing was wrong with the request. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  if (TRANSIENT_SQLSTATE.test(code) || TRANSIENT_SYSTEM.has(code) || TRANSIENT_PRISMA.has(code)) return true;
  if (TRANSIENT_MESSAGE.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.some(isConnectionError)) return true;
  return isConnectionError(error.cause);
}
