/**
 * `npm test`: lays the ground, brings a browser where it may, runs every project of vitest,
 * and closes with the one line that machines read: `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { finish, layGround, PNPM, root } from './ground.mjs';

const BROWSER = '/usr/bin/chromium';

/** Debian's chromium, where we are root on a machine with apt. Anything else: the browser tests say that they were skipped. */
async function bringBrowser() {
  if (existsSync(BROWSER)) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`no browser at ${BROWSER} and no right to install one: browser tests will be skipped`);
    return;
  }
  console.log('installing chromium for the browser tests');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await finish('apt-get', ['update', '-qq'], { env, timeoutMs: 180_000 });
    await finish(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
      { env, timeoutMs: 300_000 },
    );
  } catch (error) {
    console.log(
      `chromium could not be installed, browser tests will be skipped: ${error.message.split('\n')[0]}`,
    );
  }
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
