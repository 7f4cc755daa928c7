#!/usr/bin/env node
/**
 * Prisma's schema engine without its native binary. PRISMA_SCHEMA_ENGINE_BINARY points here: the Prisma CLI starts this
 * file and speaks JSON-RPC with it on stdin and stdout, and the official WASM build of the same engine does the work
 * over node-postgres. Migrations then need nothing that is not in the npm packages.
 */
import { runDatabaseCommand } from './engine/database-command.mjs';
import { serveRpc } from './engine/rpc.mjs';
import { loadEngine } from './engine/wasm.mjs';

const args = process.argv.slice(2);
const optionValue = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const { url } = JSON.parse(optionValue('--datasource') ?? '{}');

if (args.includes('--version')) {
  process.stdout.write('schema-engine-cli wasm\n');
} else if (args.includes('cli')) {
  process.exitCode = await runDatabaseCommand(optionValue('cli'), url);
} else {
  serveRpc(() => loadEngine(url));
}
