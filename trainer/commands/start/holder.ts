/** Whether the process that left a claim behind (on a home, on a port) still lives. */
import { readFileSync } from 'node:fs';

import { isProcessAlive } from '@residua/prisma/embedded/lock';

/** The kernel may have given the id to someone else since; where the system tells its command line, believe that. */
export function isHolderAlive(pid: number): boolean {
  return isProcessAlive(pid) && (readCommand(pid)?.includes('residua') ?? true);
}

/** Undefined where there is no /proc, or it hides what belongs to others. */
function readCommand(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
}
