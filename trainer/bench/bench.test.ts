import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** The real command, in this process' environment. */
function bench(...words: string[]) {
  const args = ['--import', 'tsx', 'trainer/bench/bench.ts', ...words];
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
}

describe('npm run bench', () => {
  it('steps at a tiny shape and ends with one object that has the keys others read', () => {
    const shape = ['--b', '32', '--d', '16', '--f', '64', '--k', '4'];
    const { status, stdout, stderr } = bench('step', ...shape, '--repeats', '1', '--warmups', '1', '--json');
    expect(stderr).toContain('our encoder product');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const found = JSON.parse(stdout) as Record<string, unknown>;
    expect(found).toMatchObject({
      bench: 'step',
      shape: { B: 32, D: 16, F: 64, K: 4 },
      dtype: 'float32',
      repeats: 1,
      peers: {},
      ratioToBestPeer: null,
    });
    for (const key of ['oursTokensPerSecond', 'ratioToEncoderGemm', 'peakBytes', 'threads']) {
      expect(found[key], key).toEqual(expect.any(Number));
    }
    for (const key of ['backend', 'device', 'date', 'commit']) {
      expect(found[key], key).toEqual(expect.any(String));
    }
    const names = (found.measurements as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([`ours, ${String(found.backend)}`, 'our encoder product']));
  });

  it('lists the benchmarks, explains each, and refuses other names', () => {
    const { stdout } = bench();
    expect(stdout).toMatch(/step +a TopK training step/);
    expect(bench('gemm', '--help').stdout).toContain('ratioToBestPeer');
    const refused = bench('speed');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('expected one of step, gemm');
  });

  it('refuses a shape that cannot be, saying what to change', () => {
    const { status, stderr } = bench('step', '--k', '99999');
    expect(status).toBe(1);
    expect(stderr).toContain('--k: expected at most F = 16384, got 99999');
  });
});
