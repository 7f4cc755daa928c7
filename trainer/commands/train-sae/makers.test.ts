import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { joinMakers, loadMakers, noteMaker } from './makers.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'residua-makers-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const first = { codeCommit: 'aaa', backend: 'native (avx2, 2 threads)' };

it('keeps what a run began with, however often it goes on', async () => {
  const run = path.join(folder, 'run');
  expect(await loadMakers(run)).toEqual([]);
  await noteMaker(run, first);
  await noteMaker(run, { ...first });
  expect(joinMakers(await loadMakers(run))).toEqual(first);
});

it('names everyone who went on with it, in order', async () => {
  await noteMaker(folder, first);
  await noteMaker(folder, { ...first, codeCommit: 'bbb' });
  expect(joinMakers(await loadMakers(folder))).toEqual({
    codeCommit: 'aaa, then bbb',
    backend: 'native (avx2, 2 threads)',
  });
});
