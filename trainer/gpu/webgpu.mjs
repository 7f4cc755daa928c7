/** Installs the packages of package.json here (Dawn, 132 MB) with npm, into a node_modules that pnpm does not know. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { gpuPackageFolder } from './folder.mjs';
import { runLimited } from './limited.mjs';

const STALL_MS = 90_000;
const TOTAL_MS = 10 * 60_000;

const readJson = (...names) => JSON.parse(readFileSync(path.join(gpuPackageFolder(), ...names), 'utf8'));

/** The version installed here, or null. */
export function readInstalledWebgpu() {
  const manifest = ['node_modules', 'webgpu', 'package.json'];
  return existsSync(path.join(gpuPackageFolder(), ...manifest)) ? readJson(...manifest).version : null;
}

/** Resolves with the version; a second time it changes nothing. */
export async function installWebgpu(say) {
  const expected = readJson('package.json').dependencies.webgpu;
  if (readInstalledWebgpu() === expected) {
    say(`webgpu ${expected} is already here`);
    return expected;
  }
  say(`installing webgpu ${expected} (Dawn, 132 MB)`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await runLimited(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: gpuPackageFolder(),
    env: withoutNpm(process.env),
    watch: path.join(gpuPackageFolder(), 'node_modules'),
    stallMs: STALL_MS,
    totalMs: TOTAL_MS,
  });
  return expected;
}

/** Started by `npm run`, we carry that npm's idea of which project this is; the inner npm must find its own. */
function withoutNpm(env) {
  const kept = Object.entries(env).filter(
    ([name]) => !/^npm_(config_(local_prefix|prefix|workspace)|package_|lifecycle_)/i.test(name),
  );
  return Object.fromEntries(kept);
}
