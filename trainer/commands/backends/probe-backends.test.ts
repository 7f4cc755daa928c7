import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { BACKENDS } from '../../compute/backend.ts';
import { checkout } from '../settings.ts';
import { parseReason } from './probe-backends.ts';

const residua = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  promisify(execFile)(process.execPath, [path.join(checkout, 'trainer/bin/residua.mjs'), ...args], {
    env: { ...process.env, ...env },
  });

describe('residua backends', () => {
  it('tells of every backend whether it opens or why not, and which one is taken', async () => {
    const { stdout } = await residua({ RESIDUA_BACKEND: 'cpu' }, 'backends', '--json');
    const { asked, taken, backends } = JSON.parse(stdout);
    expect([asked, taken.name]).toEqual(['cpu', 'cpu']);
    expect(backends.map(({ name }: { name: string }) => name)).toEqual([...BACKENDS]);
    for (const { opened, reason } of backends) expect(opened === undefined).toBe(reason !== '');
    expect(backends.at(-1)).toMatchObject({ opened: { device: 'JavaScript' } });
  });

  it('refuses a name that nobody knows, like every command', async () => {
    const refused = await residua({ RESIDUA_BACKEND: 'foo' }, 'backends').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect((refused as { stderr: string }).stderr).toMatch(
      /^residua: RESIDUA_BACKEND: expected one of tensorflow, .*, got "foo"/,
    );
  });
});

describe('the reason of the backend asked for', () => {
  it('is the first of those that were passed over', () => {
    const said =
      'Using the wasm backend: webgpu is not available (no driver (libvulkan1)?); native is not available (x).';
    expect(parseReason(said)).toBe('no driver (libvulkan1)?');
    expect(parseReason('Using the cpu backend: wasm is not available (broken).')).toBe('broken');
  });
});
