/**
 * One process at a time: a lock file with the holder's process id. A holder that was killed leaves the file behind;
 * the next process sees that its id is gone and takes over.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
// Process ids are reused after a reboot: no start of a server takes this long, so an older lock is left over.
const ABANDONED_AFTER_MS = 180_000;

export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  writeFileSync(mine, String(process.pid));
  try {
    while (!tryLink(mine, path)) {
      if (isAbandoned(path)) takeAway(path);
      await sleep(POLL_MS); // Also after taking away: it may have failed, in a folder of somebody else's.
    }
    const now = new Date();
    utimesSync(path, now, now); // Its age counts from here, not from when the waiting began.
    try {
      return await work();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Hard links appear whole or not at all, unlike a file that is created and then written. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(path: string): boolean {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    return !isProcessAlive(holder) || Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS;
  } catch {
    return false; // Released meanwhile.
  }
}

/** Renaming first makes sure that what is removed is what was judged: a fresh lock taken by mistake is put back. */
function takeAway(path: string): void {
  const aside = `${path}.old.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // Somebody else was quicker.
  }
  if (!isAbandoned(aside)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

export function isProcessAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
