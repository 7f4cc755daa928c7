/** Loads the WASM schema engine over a node-postgres adapter. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { migrationAdapterFactory } from './adapter.mjs';
import { connectionFrom } from './connection.mjs';

const require = createRequire(import.meta.url);
const PLACEHOLDER_URL = 'postgresql://127.0.0.1/postgres';

export async function loadEngine(datasourceUrl = PLACEHOLDER_URL) {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const entry = require.resolve('@prisma/schema-engine-wasm');
  const wasm = await readFile(entry.replace(/schema_engine\.js$/, 'schema_engine_bg.wasm'));
  const { instance } = await globalThis.WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  const adapter = bindMigrationAwareSqlAdapterFactory(migrationAdapterFactory(connectionFrom(datasourceUrl)));
  const ignoreLog = () => {};
  return glue.SchemaEngine.new({ datamodels: undefined }, ignoreLog, adapter);
}
