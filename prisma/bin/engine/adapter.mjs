/**
 * @prisma/adapter-pg made fit for migrations. It is built for queries and has three faults as a migration driver:
 * the catalogue's "char" columns are not mapped, scripts are split at every ';' (which breaks functions, DO blocks and
 * string literals), and its shadow database would be the main one where a connection string is given.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';

const CHAR_OID = 18;
const TEXT_OID = 25;
// ColumnTypeEnum.Character of @prisma/driver-adapter-utils.
const COLUMN_CHARACTER = 6;

export function migrationAdapterFactory({ client, schema }) {
  const connect = async (database) =>
    fitForMigrations(await factoryFor({ ...client, database }, schema).connect());
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(client.database),
    connectToShadowDb: async () => {
      const database = `prisma_migrate_shadow_db_${randomUUID()}`;
      await runOnce(client, `CREATE DATABASE "${database}"`);
      const adapter = await connect(database);
      const dispose = adapter.dispose.bind(adapter);
      adapter.dispose = async () => {
        await dispose();
        await runOnce(client, `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
      };
      return adapter;
    },
  };
}

/** One connection: the engine's advisory lock and SET statements are per session. */
const factoryFor = (client, schema) => new PrismaPg({ ...client, max: 1 }, { schema });

export async function runOnce(client, sql) {
  const connection = new pg.Client(client);
  await connection.connect();
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

function fitForMigrations(adapter) {
  mapCharColumns(adapter);
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  return adapter;
}

/** Reads "char" as text, then tells the engine it was a character column, as its catalogue queries expect. */
function mapCharColumns(adapter) {
  const performIO = adapter.performIO.bind(adapter);
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    result.charColumns = [];
    result.fields?.forEach((field, column) => {
      if (field.dataTypeID !== CHAR_OID) return;
      field.dataTypeID = TEXT_OID;
      result.charColumns.push(column);
    });
    return result;
  };
  const queryRaw = adapter.queryRaw;
  adapter.queryRaw = async (query) => {
    let charColumns = [];
    // A view of the adapter whose performIO remembers what this one call saw: calls may overlap.
    const watched = Object.create(adapter, {
      performIO: {
        value: async (inner) => {
          const result = await adapter.performIO(inner);
          charColumns = result.charColumns;
          return result;
        },
      },
    });
    const result = await queryRaw.call(watched, query);
    for (const column of charColumns) result.columnTypes[column] = COLUMN_CHARACTER;
    return result;
  };
}
