import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyMigrations, findMissingMigrations, loadMigrations, runPrisma } from './migrate.ts';
import { openPostgres } from './postgres.ts';
import { createTestDatabase, testHome, type TestDatabase } from './testing.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('applies every migration to a database that does not exist yet, and nothing the second time', async () => {
  const { url } = await openPostgres({ home: testHome, durable: false });
  const fresh = new URL(url);
  fresh.pathname = `/fresh_${process.pid}`;
  try {
    expect(await applyMigrations(fresh.toString())).toEqual(loadMigrations().map(({ name }) => name));
    expect(await applyMigrations(fresh.toString())).toEqual([]);
  } finally {
    await query(url, `DROP DATABASE fresh_${process.pid} WITH (FORCE)`);
  }
});

test('agrees with Prisma about what is applied', async () => {
  expect(await findMissingMigrations(database.url)).toEqual([]);
  expect(await runPrisma(['migrate', 'status'], database.url)).toContain('Database schema is up to date!');
});

test('the migrations make exactly the tables of the schema files', async () => {
  const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'schema', '--exit-code'];
  expect(await runPrisma(diff, database.url)).toContain('No difference detected');
});

test('the diff that shows drift would notice a missing index', async () => {
  const other = await createTestDatabase();
  try {
    await query(other.url, 'DROP INDEX label_text_idx');
    const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'schema', '--exit-code'];
    await expect(runPrisma(diff, other.url)).rejects.toThrow(/exit code 2/);
  } finally {
    await other.drop();
  }
});

test('refuses a migration that was changed after it was applied, and a database of a newer checkout', async () => {
  const other = await createTestDatabase();
  try {
    await query(
      other.url,
      "UPDATE _prisma_migrations SET checksum = repeat('0', 64) WHERE migration_name LIKE '%initial'",
    );
    await expect(applyMigrations(other.url)).rejects.toThrow(/initial was changed after it was applied/);
    await query(
      other.url,
      "UPDATE _prisma_migrations SET migration_name = '29991231_later' WHERE migration_name LIKE '%initial'",
    );
    await expect(applyMigrations(other.url)).rejects.toThrow(/29991231_later, which this checkout lacks/);
  } finally {
    await other.drop();
  }
});

const MODEL = `INSERT INTO model (slug, name, family, layer_count, hidden_width, head_count, kv_head_count, vocab_size,
    context_length, parameter_count, revision, sha256, config)
  VALUES ('m', 'M', 'llama', 1, 4, 1, 1, 8, 16, 100, 'r', repeat('a', 64), '{}')`;

test.each([
  ['a budget of zero', sparsityLevel({ budget: 0 }), 'sparsity_level_budget'],
  [
    'a share of dead features above one',
    sparsityLevel({ dead_fraction: 1.5 }),
    'sparsity_level_dead_fraction',
  ],
  ['a density above one', 'INSERT INTO feature VALUES (1, 0, 1.5, 1, 1, 0, 0)', 'feature_density'],
  [
    'a density that is not a number',
    "INSERT INTO feature VALUES (1, 0, 'NaN', 1, 1, 0, 0)",
    'feature_density',
  ],
  [
    'a metric that is not a number',
    "INSERT INTO metric_point VALUES (1, 1, 'loss', 0, 'NaN')",
    'metric_point_value',
  ],
  [
    'a failed run without a reason',
    "INSERT INTO run (slug, kind, name, config, status, finished_at) VALUES ('r', 'k', 'n', '{}', 'failed', now())",
    'run_error',
  ],
  [
    'a window whose length is not its tokens',
    "INSERT INTO token_window (model_id, corpus_id, start, length, tokens) VALUES (1, 1, 0, 3, '{1,2}')",
    'token_window_length',
  ],
  [
    'a visible dictionary without provenance',
    "INSERT INTO dictionary (slug, name, kind, model_id, hookpoint, layer, width, hidden_width, max_budget, published_at) VALUES ('d', 'D', 'topk', 1, 'embed', 0, 8, 4, 2, now())",
    'dictionary_provenance',
  ],
])('no row may say %s', async (_, sql, constraint) => {
  await expect(query(database.url, sql)).rejects.toMatchObject({ code: '23514', constraint });
});

test('a sound row passes the same checks', async () => {
  await expect(query(database.url, MODEL)).resolves.toEqual([]);
});

function sparsityLevel(change: { budget?: number; dead_fraction?: number }): string {
  const { budget, dead_fraction } = { budget: 4, dead_fraction: 0.1, ...change };
  return `INSERT INTO sparsity_level VALUES (1, ${budget}, 0.9, 1, 1.1, 3, 0.95, 0.1, 0.05, 4, ${dead_fraction}, 100)`;
}
