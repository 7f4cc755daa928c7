import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runLimited } from './limited.mjs';

const ENOUGH_MS = 60_000;

function runNode(script: string, limits: Partial<Parameters<typeof runLimited>[2]> = {}) {
  return runLimited(process.execPath, ['-e', script], { stallMs: ENOUGH_MS, totalMs: ENOUGH_MS, ...limits });
}

describe('a program under limits', () => {
  it('hands back what it printed', async () => {
    expect(await runNode('console.log(6 * 7)')).toBe('42\n');
  });

  it('fails with the line that names the error, not with the last one', async () => {
    const script =
      "console.error('x.cc:3: error: no such type'); console.error('1 warning'); process.exit(1)";
    await expect(runNode(script)).rejects.toThrow('x.cc:3: error: no such type');
  });

  it('fails when the program is not there', async () => {
    await expect(runLimited('no-such-program', [], { stallMs: 1000, totalMs: 1000 })).rejects.toThrow(
      'ENOENT',
    );
  });

  it('is ended with its children when it stands still', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'residua-limited-'));
    const pidFile = join(folder, 'child.pid');
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      setInterval(() => {}, 1000);`;
    await expect(runNode(script, { stallMs: 1500 })).rejects.toThrow('no progress for 2 s');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  it('is not ended while its folder grows, and its growth is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'residua-limited-'));
    const script = `
      let left = 6;
      const timer = setInterval(() => {
        require('fs').writeFileSync(${JSON.stringify(folder)} + '/' + left, 'x'.repeat(100));
        if (--left === 0) { clearInterval(timer); console.log('done'); }
      }, 500);`;
    const sizes: number[] = [];
    const output = await runNode(script, {
      stallMs: 2500,
      watch: folder,
      onGrowth: (bytes) => sizes.push(bytes),
    });
    expect(output).toBe('done\n');
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  });

  it('is ended when it takes too long, however busy', async () => {
    const script = "setInterval(() => console.log('busy'), 100)";
    await expect(runNode(script, { totalMs: 1500 })).rejects.toThrow('not done after 2 s');
  });
});

/** A zombie waits for its new parent to look: it holds nothing any more. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
