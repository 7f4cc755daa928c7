/**
 * `npm test`: lays the ground, brings a browser and a software GPU where it may, runs every project of vitest,
 * and closes with the one line that machines read: `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { installWebgpu, readInstalledWebgpu } from '../../trainer/gpu/webgpu.mjs';
import { finish, layGround, PNPM, root } from './ground.mjs';

const BROWSER = '/usr/bin/chromium';

/** Debian's chromium, where we are root on a machine with apt. Anything else: the browser tests say that they were skipped. */
async function bringBrowser() {
  if (existsSync(BROWSER)) return;
  if (!isDebianRoot()) {
    console.log(`no browser at ${BROWSER} and no right to install one: browser tests will be skipped`);
    return;
  }
  console.log('installing chromium for the browser tests');
  try {
    await installDebian('chromium', 'fonts-dejavu-core');
  } catch (error) {
    console.log(
      `chromium could not be installed, browser tests will be skipped: ${error.message.split('\n')[0]}`,
    );
  }
}

/**
 * Dawn, and a loader that finds the software Vulkan device inside Debian's chromium: the WGSL kernels are tested without a
 * card. Where something is missing the tests say that they were skipped.
 */
async function bringDevice() {
  try {
    if (readInstalledWebgpu() === null) await installWebgpu(console.log);
    if (process.platform !== 'linux' || hasVulkanLoader()) return;
    if (!isDebianRoot()) throw new Error('libvulkan1 is missing, and there is no right to install it');
    console.log('installing libvulkan1 for the webgpu tests');
    await installDebian('libvulkan1');
  } catch (error) {
    console.log(`no device for the webgpu tests, they will be skipped: ${error.message.split('\n')[0]}`);
  }
}

function hasVulkanLoader() {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return /libvulkan\.so\.1/.test(stdout ?? '');
}

function isDebianRoot() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

async function installDebian(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await finish('apt-get', ['update', '-qq'], { env, timeoutMs: 180_000 });
  await finish('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env,
    timeoutMs: 300_000,
  });
}

function countTests(reportFile) {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  // A file that could not even be loaded has no tests in it: it counts as one failure.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

await layGround();
await finish('npx', ['-y', PNPM, '--filter', '@residua/web', 'generate']);
await bringBrowser();
await bringDevice();
const reportFile = path.join(mkdtempSync(path.join(os.tmpdir(), 'residua-test-')), 'report.json');
const asked = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...asked,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } },
);
const { passed, failed, skipped } = countTests(reportFile);
// vitest can fail for reasons that are no test's (an unhandled rejection, a broken setup): never close on a clean line then.
const unexplained = status !== 0 && failed === 0 ? 1 : 0;
console.log(`\n${passed} passed, ${failed + unexplained} failed, ${skipped} skipped`);
process.exit(failed + unexplained > 0 ? 1 : 0);
