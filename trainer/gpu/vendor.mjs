/**
 * The way @tensorflow/tfjs-node-gpu installs itself: libtensorflow 2.9 (CUDA 11) and a compiled binding from its vendor's
 * host. Its installer has no time limit and rewrites files of its package, so it works on a copy: pnpm's package, whose
 * files are links into the store that all projects share, stays as it is.
 */
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { packageFolder } from './binding.mjs';
import { runLimited } from './limited.mjs';

const STALL_MS = 60_000;
const TOTAL_MS = 15 * 60_000;

/** Resolves with the binding's path below `folder`. */
export async function installFromVendor(folder, { cuda, say }) {
  const original = packageFolder();
  const copy = path.join(folder, 'vendor');
  for (const name of ['package.json', 'binding.gyp', 'binding', 'scripts']) {
    cpSync(path.join(original, name), path.join(copy, name), { recursive: true });
  }
  // Its own dependencies lie beside it, not inside it.
  symlinkSync(path.resolve(original, '../..'), path.join(copy, 'node_modules'));
  say('running the installer of @tensorflow/tfjs-node-gpu (libtensorflow 2.9, CUDA 11, 350 MB)');
  const bin = path.join(original, 'node_modules/.bin');
  await runLimited(process.execPath, ['scripts/install.js', cuda ? 'gpu' : 'cpu', 'download'], {
    cwd: copy,
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
    watch: copy,
    stallMs: STALL_MS,
    totalMs: TOTAL_MS,
    onGrowth: (bytes) => say(`${Math.round(bytes / 1e6)} MB here`),
  });
  const binding = path.join(copy, `lib/napi-v${process.versions.napi}/tfjs_binding.node`);
  const newest = path.join(copy, 'lib/napi-v8/tfjs_binding.node');
  const built = [binding, newest].find((file) => existsSync(file));
  if (!built) throw new Error('the installer ended without a binding: its vendor has none for this machine');
  return built;
}
