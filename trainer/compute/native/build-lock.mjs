/**
 * One build of a target at a time: who finds its lock waits for the holder's binary instead of compiling it, too. The lock
 * saves work and no more, since builds keep their objects apart and put the binary in place whole: where it fails, two compile.
 */
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a holder shows that it works, and others look. */
const BEAT_MS = 500;
/** Not shown for so long: the holder hangs, or another process has its number by now. Busy machines stop one for seconds. */
const STALE_MS = 15_000;

/** Does `work` as the holder of the lock at `path`; before that, waits for another holder and calls `onWait` once. */
export async function withBuildLock(path, work, onWait) {
  for (let waits = 0; !claim(path);) {
    if (isAbandoned(path)) {
      rmSync(path, { force: true });
    } else {
      if (waits++ === 0) onWait();
      await sleep(BEAT_MS);
    }
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (holderOf(path) === process.pid) rmSync(path, { force: true });
  }
}

function claim(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return false;
  return Date.now() - found.mtimeMs > STALE_MS || isDead(holderOf(path));
}

/** Undefined where the lock is gone, or not yet written. */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isDead(pid) {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function touch(path) {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Somebody took it away, thinking this process dead. The build goes on beside theirs.
  }
}
