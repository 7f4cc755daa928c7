/** The folder of all of Residua's data: made if missing, and refused in words where it cannot be written. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export function openHome(home: string): void {
  try {
    makeFolder(home);
    if (!statSync(home).isDirectory()) throw new Error('it is a file');
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(
      `RESIDUA_HOME: expected a folder that can be made and written, got ${home} (${(cause as Error).message}). ` +
        'Set RESIDUA_HOME to a folder of yours, on a disk that is not read-only.',
      { cause },
    );
  }
}

/** Folder by folder: mkdirSync's own recursion never ends where the system denies that a parent exists (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
  }
}
