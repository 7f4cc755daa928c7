/** The only constructor of PrismaClient: over node-postgres, with a bounded pool and errors without source excerpts. */
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client/client.ts';

export type { PrismaClient } from './generated/client/client.ts';

export interface CreatePrisma {
  readonly url: string;
  /** Connections of the pool. Postgres allows 100 in all by default, shared by every process. */
  readonly maxConnections?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

export function createPrisma({
  url,
  maxConnections = 10,
  applicationName = 'residua',
}: CreatePrisma): PrismaClient {
  const pool = {
    connectionString: url,
    max: maxConnections,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
  return new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
}
