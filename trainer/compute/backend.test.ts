import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  it.runIf(existsSync(addonPath()) && process.platform === 'linux')(
    'falls back, saying so once, when the addon is for another processor or cut short',
    async () => {
      const lines: string[] = [];
      const say = (line: string) => void lines.push(line);
      const folder = mkdtempSync(join(tmpdir(), 'residua-backend-'));
      const [other, cut] = ['other', 'cut'].map((name) => join(folder, `${name}.node`));
      const bytes = readFileSync(addonPath());
      writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
      bytes.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
      writeFileSync(other, bytes);
      for (const path of [other, other, cut, cut]) {
        expect((await openBackend({ name: 'native', addonPath: path, say })).name).toBe('wasm');
      }
      rmSync(folder, { recursive: true });
      const advice = '`npm run build` compiles it again';
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(
        new RegExp(`other.node is built for \\w+, not for ${process.arch}; ${advice}`),
      );
      expect(lines[1]).toMatch(new RegExp(`cut.node is cut short: expected \\d+ bytes, got \\d+; ${advice}`));
    },
  );

  it('refuses a number of threads that means nothing, instead of falling back', async () => {
    for (const threads of [0, -1, 1e9, NaN, 1.5]) {
      await expect(openBackend({ threads })).rejects.toThrow(
        `threads: expected a whole number from 1 to 256, got ${threads}. Leave it out`,
      );
    }
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
