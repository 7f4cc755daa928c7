/**
 * Databases for tests: one embedded server per checkout, one migrated template on it, and a fresh copy of that for
 * each test that asks. The server is stopped by testing-setup.ts when the last test run ends.
 */
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { applyMigrations, loadMigrations } from './migrate.ts';
import { openPostgres } from './postgres.ts';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Ends its sessions and removes it. */
  drop(): Promise<void>;
}

const checkout = fileURLToPath(new URL('..', import.meta.url));

/** Two checkouts on one machine test on two servers. */
export const testHome: string = join(tmpdir(), `residua-test-${sha256(checkout).slice(0, 12)}`);

export async function createTestDatabase(): Promise<TestDatabase> {
  const { url } = await openPostgres({ home: testHome, durable: false });
  const template = await ensureTemplate(url);
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await runOn(url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: withDatabase(url, name),
    name,
    drop: () => runOn(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Another set of migrations is another template, so a stale one is never copied. */
export async function ensureTemplate(url: string): Promise<string> {
  const migrations = loadMigrations().map(({ name, sha256 }) => `${name} ${sha256}`);
  const name = `template_${sha256(migrations.join('\n')).slice(0, 12)}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // One process builds it, the others wait.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount) return name;
    const draft = `${name}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await applyMigrations(withDatabase(url, draft));
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    return name;
  } finally {
    await client.end();
  }
}

async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.toString();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
