import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openBackend } from './backend.ts';
import { addonPath } from './native/build.mjs';
import { tf } from './tf.ts';

describe('opening a backend', () => {
  it('falls back to wasm without an addon, saying so once', async () => {
    const lines: string[] = [];
    const options = {
      name: 'native',
      addonPath: '/nowhere/residua.node',
      say: (line: string) => lines.push(line),
    };
    const first = await openBackend(options);
    const second = await openBackend(options);
    expect([first.name, second.name, tf.getBackend()]).toEqual(['wasm', 'wasm', 'wasm']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Using the wasm backend: native is not available .*not built/);
  });

  it('falls back when the file is no addon of this machine', async () => {
    const lines: string[] = [];
    const backend = await openBackend({
      name: 'native',
      addonPath: import.meta.filename,
      say: (line) => lines.push(line),
    });
    expect(backend.name).toBe('wasm');
    expect(lines[0]).toContain('native is not available');
  });

  it('refuses a name it does not know', async () => {
    await expect(openBackend({ name: 'abacus' })).rejects.toThrow(
      'expected one of tensorflow, webgpu, native, wasm, cpu, got "abacus"',
    );
  });

  it('trains an embedding on wasm', async () => {
    await openBackend({ name: 'wasm' });
    const gradient = tf.grad((table) => tf.sum(tf.gather(table, tf.tensor1d([2, 0, 2], 'int32'))));
    expect(gradient(tf.zeros([3, 2])).arraySync()).toEqual([
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });

  it.skipIf(!existsSync(addonPath()))('takes the native backend where it is built', async () => {
    const backend = await openBackend({ name: 'native', threads: 1 });
    expect(backend.name).toBe('native');
    expect(backend.threads).toBe(1);
    expect(backend.kernels.name).toBe('native');
    expect(['portable', 'avx2', 'avx512', 'amx', 'neon']).toContain(backend.device);
  });
});
