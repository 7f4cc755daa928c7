/** The folder of all of Residua's data: made if missing, and refused in words where it cannot be written. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';

export function openHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true });
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
