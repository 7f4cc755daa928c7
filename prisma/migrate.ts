/**
 * Brings a database up to the migrations in this checkout. Where all are applied (nearly always) one query tells; only
 * otherwise the Prisma CLI runs, which takes over a second.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { explainDatabaseError } from './database-url.ts';

export interface Migration {
  readonly name: string;
  /** Of its migration.sql, as Prisma records it. */
  readonly sha256: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const packageFolder = fileURLToPath(new URL('.', import.meta.url));

/** In the order in which they apply. */
export function loadMigrations(): Migration[] {
  const folder = join(packageFolder, 'migrations');
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map(({ name }) => ({ name, sha256: sha256(readFileSync(join(folder, name, 'migration.sql'))) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Returns the names of the migrations it applied; the database is created when it does not exist. */
export async function applyMigrations(url: string): Promise<string[]> {
  const missing = await findMissingMigrations(url);
  if (missing.length > 0) {
    await runPrisma(['migrate', 'deploy'], url).catch((cause: Error) => {
      // Prisma prints the server's words, among many others.
      throw /permission denied/.test(cause.message) ? explainDatabaseError(url, cause) : cause;
    });
  }
  return missing;
}

export async function findMissingMigrations(url: string): Promise<string[]> {
  const migrations = loadMigrations();
  const applied = await loadApplied(url);
  for (const { name, sha256 } of migrations) {
    const other = applied.get(name);
    if (other !== undefined && other !== sha256) {
      throw new Error(
        `Migration ${name} was changed after it was applied (expected sha256 ${other}, got ${sha256}). ` +
          'Restore its file and put the change into a new migration.',
      );
    }
  }
  for (const name of applied.keys()) {
    if (!migrations.some((migration) => migration.name === name)) {
      throw new Error(
        `The database has migration ${name}, which this checkout lacks: a newer Residua has used it. ` +
          'Update this checkout, or use another database (RESIDUA_HOME or DATABASE_URL).',
      );
    }
  }
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name));
}

/** Name to sha256 of the migrations that ran to their end. */
async function loadApplied(url: string): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {}); // A server that ends while we say goodbye is no error here.
  try {
    await client.connect();
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    return new Map(rows.map((row) => [row.migration_name, row.checksum]));
  } catch (error) {
    const { code } = error as { code?: string };
    // undefined_table, or the database itself is still to be created.
    if (code === '42P01' || code === '3D000') return new Map();
    throw explainDatabaseError(url, error as Error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Runs the Prisma CLI offline against `url`; fails with what it printed. */
export async function runPrisma(args: readonly string[], url: string): Promise<string> {
  const child = spawn(process.execPath, [join(packageFolder, 'bin', 'prisma.mjs'), ...args], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (exitCode !== 0)
    throw new Error(`prisma ${args.join(' ')} failed (exit code ${exitCode}):\n${output.trim()}`);
  return output;
}
