#!/usr/bin/env node
/**
 * The Prisma CLI without its downloads: points it at the WASM schema engine beside this file, switches its telemetry
 * off, and starts the embedded database for commands that need one. `generate` does nothing while its output is fresh.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isGeneratedFresh, rememberGenerated } from './generated-state.mjs';

const packageDir = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const OFFLINE_COMMANDS = new Set([
  'generate',
  'validate',
  'format',
  'version',
  '--version',
  '-v',
  '--help',
  '-h',
]);

const args = process.argv.slice(2);
const isGenerate = args[0] === 'generate';
const forced = args.includes('--force-generate');
if (isGenerate && !forced && isGeneratedFresh(packageDir)) process.exit(0);

const env = {
  ...process.env,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  // Generators are found by name on the PATH.
  PATH: [join(packageDir, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};
// Windows cannot execute a script with a shebang: there Prisma fetches its own native engine.
if (process.platform !== 'win32')
  env.PRISMA_SCHEMA_ENGINE_BINARY = join(packageDir, 'bin', 'schema-engine.mjs');
if (!OFFLINE_COMMANDS.has(args[0] ?? '--help')) env.DATABASE_URL ??= await embeddedUrl();

const cli = join(require.resolve('prisma/package.json'), '..', require('prisma/package.json').bin.prisma);
// Quiet on success: the lines Prisma prints after generating are advice about other products.
const stdio = isGenerate ? ['ignore', 'pipe', 'pipe'] : 'inherit';
const { status, error, stdout, stderr } = spawnSync(
  process.execPath,
  [cli, ...args.filter((arg) => arg !== '--force-generate')],
  { cwd: packageDir, env, stdio },
);
if (error) throw error;
if (isGenerate && status === 0) rememberGenerated(packageDir);
else if (isGenerate) process.stderr.write(`${stdout}${stderr}`);
process.exit(status ?? 1);

async function embeddedUrl() {
  const { register } = await import('tsx/esm/api');
  register();
  const { defaultHome } = await import('../database-url.ts');
  const { openPostgres } = await import('../postgres.ts');
  return (await openPostgres({ home: process.env.RESIDUA_HOME ?? defaultHome })).url;
}
