/** Builds the site when its sources are not the ones of the last build. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { withLock } from '@residua/prisma/embedded/lock';

const skipped = new Set([
  'node_modules',
  '.next',
  'generated',
  'next-env.d.ts',
  'tsconfig.tsbuildinfo',
  'browser',
]);

function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    if (skipped.has(name)) continue;
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) yield* walk(file);
    else yield file;
  }
}

function hashSources(checkout: string): string {
  const hash = createHash('sha256');
  const files = [
    ...walk(path.join(checkout, 'web')),
    path.join(checkout, 'api/schema.graphql'),
    path.join(checkout, 'pnpm-lock.yaml'),
  ];
  for (const file of files) hash.update(path.relative(checkout, file)).update(readFileSync(file));
  return hash.digest('hex');
}

function finish(args: readonly string[], cwd: string, logFile: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const log = createWriteStream(logFile, { flags: 'a' });
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], signal });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${path.basename(args[0])} ended with ${code}; its words are in ${logFile}`)),
    );
  });
}

/** Returns true when it built, false when the last build still holds. */
export function buildSite(checkout: string, logFile: string, signal: AbortSignal): Promise<boolean> {
  // Next refuses two builds in one folder: the second start waits, and then finds the site built.
  const lock = path.join(checkout, 'node_modules/.residua-site-build.lock');
  return withLock(lock, () => buildStale(checkout, logFile, signal));
}

async function buildStale(checkout: string, logFile: string, signal: AbortSignal): Promise<boolean> {
  const web = path.join(checkout, 'web');
  const stamp = path.join(web, '.next/residua-sources');
  const hash = hashSources(checkout);
  if (
    existsSync(stamp) &&
    existsSync(path.join(web, '.next/BUILD_ID')) &&
    readFileSync(stamp, 'utf8') === hash
  )
    return false;
  await finish(
    ['node_modules/@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.ts'],
    web,
    logFile,
    signal,
  );
  await finish(['node_modules/next/dist/bin/next', 'build'], web, logFile, signal);
  writeFileSync(stamp, hash);
  return true;
}
