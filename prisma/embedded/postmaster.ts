/** The running server as its postmaster.pid tells it: whether it is ours, on which port; and the removal of a stale file. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isProcessAlive } from './lock.ts';

export interface Postmaster {
  readonly processId: number;
  readonly port: number;
}

/** Undefined when no server runs on this data folder. */
export function findPostmaster(dataFolder: string): Postmaster | undefined {
  const path = join(dataFolder, 'postmaster.pid');
  if (!existsSync(path)) return undefined;
  // Lines: process id, data folder, start time, port, ...
  const lines = readFileSync(path, 'utf8').split('\n');
  const processId = Number(lines[0]);
  if (isProcessAlive(processId) && isServerOf(processId, dataFolder))
    return { processId, port: Number(lines[3]) };
  return undefined;
}

/**
 * After a reboot the id in the file may belong to any other process. Postgres then believes that it is still running and
 * refuses to start, so the file has to go. Call under the lock.
 */
export function removeStalePidFile(dataFolder: string): void {
  if (!findPostmaster(dataFolder)) rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
}

function isServerOf(processId: number, dataFolder: string): boolean {
  if (process.platform === 'win32') return true;
  const command = existsSync('/proc/self/cmdline') ? procCommand(processId) : psCommand(processId);
  return command.includes('postgres') && command.includes(dataFolder);
}

function procCommand(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8');
  } catch {
    return ''; // Ended between the two looks.
  }
}

function psCommand(processId: number): string {
  return (
    spawnSync('ps', ['-ww', '-p', String(processId), '-o', 'command='], { encoding: 'utf8' }).stdout ?? ''
  );
}
