import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residua-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('runs one holder at a time and leaves nothing behind', async () => {
  let inside = 0;
  const seen: number[] = [];
  const work = async (): Promise<void> => {
    seen.push(++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all([1, 2, 3, 4].map(() => withLock(path, work)));
  expect(seen).toEqual([1, 1, 1, 1]);
  expect(readdirSync(folder)).toEqual([]);
});

test('is let go when the work fails', async () => {
  await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(path, async () => 'free')).toBe('free');
});

test('takes over from a process that is gone, once, however many wait', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(path, String(gone));
  let inside = 0;
  const seen: number[] = [];
  const work = async (): Promise<void> => {
    seen.push(++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, work)));
  expect(seen).toEqual([1, 1, 1]);
  expect(readdirSync(folder)).toEqual([]);
});

test('takes over a lock from before a reboot, whose process id another program has now', async () => {
  writeFileSync(path, String(process.pid));
  const lastWeek = new Date(Date.now() - 7 * 24 * 3_600_000);
  utimesSync(path, lastWeek, lastWeek);
  expect(await withLock(path, async () => 'taken over')).toBe('taken over');
});
