/** `residua db`: the database by hand: start, stop, look, ask. */
import { Command } from 'commander';

import { explainDatabaseError, openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations, findMissingMigrations } from '@residua/prisma/migrate';
import { closePostgres, findPostgresUrl, isPostgresUp, openPostgres } from '@residua/prisma/postgres';

import { openDatabase, type Database } from '../store/database.ts';
import { discardPublication } from '../store/dictionaries.ts';
import { formatTable } from './db/table.ts';
import { readSettings } from './settings.ts';

export function dbCommand(): Command {
  return new Command('db')
    .description('The database: the embedded Postgres of RESIDUA_HOME, or the one DATABASE_URL names.')
    .addCommand(
      new Command('start')
        .description('Start the embedded server and bring its tables up to date.')
        .action(start),
    )
    .addCommand(
      new Command('migrate')
        .description('Bring the tables up to date with this release, on whichever server is in use.')
        .action(migrate),
    )
    .addCommand(new Command('stop').description('Stop the embedded server; its data stays.').action(stop))
    .addCommand(
      new Command('status').description('Say whether it runs, where, and what is in it.').action(status),
    )
    .addCommand(
      new Command('url')
        .description('Print the address, for psql and other programs. It contains the password.')
        .addHelpText('after', '\nExample:\n  psql "$(residua db url)"')
        .action(url),
    )
    .addCommand(queryCommand())
    .addCommand(
      new Command('discard')
        .argument('<dictionary>', 'its slug')
        .description('Drop what an unfinished publication has written. Published dictionaries are kept.')
        .action(discard),
    )
    .addHelpText(
      'after',
      `
The embedded server is shared by every Residua process of one RESIDUA_HOME. It starts by itself when something needs
it, listens on 127.0.0.1 only, and runs until \`residua db stop\`.`,
    );
}

function queryCommand(): Command {
  return new Command('query')
    .argument('<sql>', 'one statement, or several parted by ;')
    .description('Run SQL and print the rows.')
    .option('--json', 'print the rows as JSON, one object a line', false)
    .addHelpText(
      'after',
      `
Examples:
  residua db query "SELECT slug, status, phase, step, step_total FROM run ORDER BY id DESC LIMIT 5"
  residua db query --json "SELECT budget, explained_variance, l0 FROM sparsity_level WHERE dictionary_id = 1 ORDER BY 1"`,
    )
    .action(query);
}

async function start(): Promise<void> {
  const settings = readSettings();
  if (settings.databaseUrl)
    throw new Error('DATABASE_URL is set: that server is not ours to start. Unset it for the embedded one.');
  const server = await openPostgres({ home: settings.home });
  console.log(
    `Postgres ${server.started ? 'started' : 'was running'} on port ${server.port}; data in ${settings.home}`,
  );
  await migrate();
}

async function migrate(): Promise<void> {
  const applied = await applyMigrations(await openDatabaseUrl(readSettings()));
  console.log(applied.length > 0 ? `migrations applied: ${applied.join(', ')}` : 'tables are up to date');
}

async function stop(): Promise<void> {
  const { home } = readSettings();
  console.log((await closePostgres({ home })) ? 'Postgres stopped' : 'Postgres was not running');
}

async function status(): Promise<void> {
  const { databaseUrl, home } = readSettings();
  if (!databaseUrl && !(await isPostgresUp({ home }))) {
    console.log(
      `The embedded Postgres of ${home} is not running: residua db start, or npm start, starts it.`,
    );
    return;
  }
  const address = await openDatabaseUrl({ home, databaseUrl });
  const missing = await findMissingMigrations(address);
  const { host } = new URL(address);
  console.log(`${databaseUrl ? 'DATABASE_URL' : 'the embedded Postgres'} answers at ${host}`);
  if (missing.length > 0)
    return console.log(`missing migrations: ${missing.join(', ')}; residua db start applies them`);
  await print(address, STATUS_SQL, false);
}

const STATUS_SQL = `
  SELECT (SELECT count(*) FROM model) AS models, (SELECT count(*) FROM dictionary WHERE published_at IS NOT NULL) AS dictionaries,
    (SELECT count(*) FROM run WHERE status = 'queued') AS queued, (SELECT count(*) FROM run WHERE status = 'running') AS running,
    (SELECT count(*) FROM run WHERE status = 'failed') AS failed, pg_size_pretty(pg_database_size(current_database())) AS size,
    current_setting('server_version') AS postgres`;

async function url(): Promise<void> {
  const { databaseUrl, home } = readSettings();
  const address = databaseUrl ?? findPostgresUrl({ home });
  if (!address) throw new Error(`There is no database in ${home} yet: residua db start makes it.`);
  console.log(address);
}

async function query(sql: string, { json }: { json: boolean }): Promise<void> {
  await print(await openDatabaseUrl(readSettings()), sql, json);
}

async function print(address: string, sql: string, asJson: boolean): Promise<void> {
  await withDatabase(address, async (db) => {
    // Several statements give several results.
    for (const { rows, fields, command, rowCount } of [await db.query(sql)].flat()) {
      if (fields.length === 0) console.log(`${command} ${rowCount ?? ''}`.trim());
      else if (asJson) for (const row of rows) console.log(JSON.stringify(row));
      else
        console.log(
          formatTable(
            fields.map(({ name }) => name),
            rows as Record<string, unknown>[],
          ),
        );
    }
  });
}

async function discard(slug: string): Promise<void> {
  await withDatabase(await openDatabaseUrl(readSettings()), async (db) => {
    console.log(
      (await discardPublication(db, slug))
        ? `dropped the unfinished ${slug}`
        : `there is no dictionary ${slug}`,
    );
  });
}

/** Whatever the server says while connecting comes with which database it is and what to try. */
async function withDatabase(address: string, work: (db: Database) => Promise<void>): Promise<void> {
  const db = openDatabase({ url: address, maxConnections: 1, applicationName: 'residua-db' });
  try {
    await db.query('SELECT 1').catch((cause: Error) => {
      throw explainDatabaseError(address, cause);
    });
    await work(db);
  } finally {
    await db.end();
  }
}
