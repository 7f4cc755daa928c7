/** One `residua start` for each home: a second one says where the first is. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { withLock } from '@residua/prisma/embedded/lock';
import { openHome } from '@residua/prisma/home';

import { isHolderAlive } from './holder.ts';

interface Holder {
  readonly pid: number;
  readonly siteUrl: string;
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined; // a write cut short by a crash: nobody holds it
  }
}

export class AlreadyRunningError extends Error {}

/** Returns the function that lets go. */
export async function claimHome(home: string, siteUrl: string): Promise<() => void> {
  openHome(home);
  // Two that begin in the same instant look one after the other.
  return withLock(path.join(home, 'start.lock'), async () => claim(home, siteUrl));
}

function claim(home: string, siteUrl: string): () => void {
  const file = path.join(home, 'start.json');
  const holder = existsSync(file) ? parseHolder(readFileSync(file, 'utf8')) : undefined;
  if (holder && holder.pid !== process.pid && isHolderAlive(holder.pid)) {
    throw new AlreadyRunningError(
      `Residua already runs on ${home} (process ${holder.pid}) at ${holder.siteUrl}. Stop it first, or give this one its own RESIDUA_HOME.`,
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, siteUrl } satisfies Holder));
  return () => rmSync(file, { force: true });
}
