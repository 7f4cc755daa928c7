/**
 * Runs a program that may hang: in a process group of its own, ended as a whole when it stands still for too long, takes
 * too long in all, or we are stopped. Standing still means: says nothing, and the watched folder does not grow.
 */
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const LOOK_MS = 1000;
const TAIL_CHARACTERS = 8000; // enough for a compiler's first errors

/** Resolves with what it printed; rejects with why it did not end well. `onGrowth` hears the watched folder's bytes. */
export function runLimited(command, args, { cwd, env = process.env, watch, stallMs, totalMs, onGrowth }) {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    const child = spawn(command, args, {
      cwd,
      env,
      detached: !windows,
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, why, sizeBytes] = ['', '', 0];
    const started = performance.now();
    let movedAt = started;
    const kill = (reason) => {
      why = reason;
      killGroup(child);
    };
    const stop = (signal) => {
      killGroup(child);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    const look = setInterval(() => {
      const now = performance.now();
      const size = watch ? folderBytes(watch) : 0;
      if (size !== sizeBytes) {
        [sizeBytes, movedAt] = [size, now];
        onGrowth?.(size);
      }
      if (now - movedAt > stallMs) kill(`no progress for ${Math.round(stallMs / 1000)} s`);
      else if (now - started > totalMs) kill(`not done after ${Math.round(totalMs / 1000)} s`);
    }, LOOK_MS);
    const take = (chunk) => {
      output = (output + chunk).slice(-TAIL_CHARACTERS);
      movedAt = performance.now();
    };
    const finish = (settle) => {
      clearInterval(look);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      settle();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => finish(() => reject(error)));
    child.on('close', (code) =>
      finish(() => {
        if (code === 0 && !why) resolve(output);
        else reject(new Error(`${path.basename(command)}: ${why || tellError(output, code)}`));
      }),
    );
  });
}

function killGroup(child) {
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended between our decision and the signal.
  }
}

/** The line in which a program says what went wrong; they rarely say it last. */
function tellError(output, code) {
  const lines = output.split('\n').filter((line) => line.trim());
  const named = lines.find((line) => /error:/i.test(line)) ?? lines.find((line) => /error/i.test(line));
  return (named ?? lines.at(-1) ?? `ended with ${code}`).trim();
}

function folderBytes(folder) {
  let sum = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) sum += statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size;
    }
  } catch {
    // Files come and go under a running installer: what was counted so far will do.
  }
  return sum;
}
