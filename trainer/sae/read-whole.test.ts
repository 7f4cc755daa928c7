import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readWhole, sha256Of } from './read-whole.ts';

it('reads and hashes in pieces what is there as a whole', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'residua-whole-'));
  const path = join(folder, 'file');
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) % 256));
  await writeFile(path, bytes);
  for (const chunkBytes of [1, 7, 500, 1000, 5000]) {
    expect(await readWhole(path, chunkBytes)).toEqual(bytes);
    expect(sha256Of(bytes, chunkBytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
  await writeFile(path, '');
  expect((await readWhole(path)).length).toBe(0);
  await rm(folder, { recursive: true });
});

it('leaves a missing file to whoever asks for it', async () => {
  await expect(readWhole('/nowhere/at/all')).rejects.toMatchObject({ code: 'ENOENT' });
});
