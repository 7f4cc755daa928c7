/** The engine's `cli` commands: can-connect-to-database, create-database, drop-database. Returns the exit code. */
import { connectionFrom } from './connection.mjs';
import { runOnce } from './adapter.mjs';

const DUPLICATE_DATABASE = '42P04';

export async function runDatabaseCommand(command, datasourceUrl) {
  const { client } = connectionFrom(datasourceUrl);
  const name = `"${client.database.replaceAll('"', '""')}"`;
  try {
    if (command === 'can-connect-to-database') await runOnce(client, 'SELECT 1');
    else if (command === 'create-database') await runOnce(maintenance(client), `CREATE DATABASE ${name}`);
    else if (command === 'drop-database') await runOnce(maintenance(client), `DROP DATABASE ${name}`);
    else throw new Error(`The WASM schema engine has no command ${command}.`);
    return 0;
  } catch (error) {
    // Someone else created it between our look and our CREATE: that is what was wanted.
    if (command === 'create-database' && error.code === DUPLICATE_DATABASE) return 0;
    reportFailure(error, client);
    return 1;
  }
}

const maintenance = (client) => ({ ...client, database: 'postgres' });

/** The CLI drops the first line of stderr and reads the rest as one JSON log record, with no newline at its end. */
function reportFailure(error, client) {
  const [code, message] = prismaError(error, client);
  const fields = { message, error_code: code, is_panic: false, meta: {} };
  const record = {
    timestamp: new Date().toISOString(),
    level: 'ERROR',
    fields,
    target: 'schema_engine::logger',
  };
  process.stderr.write(`schema-engine\n${JSON.stringify(record)}`);
}

function prismaError(error, { host, port, database }) {
  const server = `\`${host}:${port}\``;
  if (error.code === '3D000') return ['P1003', `Database \`${database}\` does not exist`];
  if (error.code === '28P01')
    return ['P1000', `Authentication failed against the database server at ${server}`];
  if (error.code === DUPLICATE_DATABASE) return ['P1009', `Database \`${database}\` already exists`];
  return ['P1001', `Can't reach database server at ${server}: ${error.message || error.code}`];
}
