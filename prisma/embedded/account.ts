/**
 * The account the server runs under. Postgres refuses to run as root, so root hands it to `postgres`, else `nobody`;
 * anybody else runs it as themselves.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Ids to switch to; empty when the server runs as the current user. */
export type Account = { readonly uid: number; readonly gid: number } | { readonly uid?: undefined };

/** Where root puts what the server's account cannot reach in place. /var/tmp is second: some systems clean it by age. */
const SHARED_FOLDERS = ['/var/lib/residua', '/var/tmp/residua'];

export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = numericId('-u', name);
    const gid = numericId('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error(
    'Postgres refuses to run as root, and this system has neither a postgres nor a nobody account. ' +
      'Run as another user, or set DATABASE_URL to a database of your own.',
  );
}

/** Whether the account may pass through every folder on the way to `path` and execute (or enter) `path` itself. */
export function canReach(path: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  for (let at = resolve(path); ; at = dirname(at)) {
    const { uid, gid, mode } = statSync(at);
    const executeBit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & executeBit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

export function openSharedFolder(): string {
  for (const folder of SHARED_FOLDERS) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
    } catch {
      continue;
    }
    const { uid, mode } = statSync(folder);
    // Anybody may create names in /var/tmp: a folder of somebody else's must not be trusted with programs or data.
    if (uid === process.getuid?.() && (mode & 0o022) === 0) return folder;
  }
  throw new Error(
    `Postgres runs as an account that cannot reach this folder, and neither ${SHARED_FOLDERS.join(' nor ')} can be used ` +
      'instead. Move the checkout (or RESIDUA_HOME) out of the private folder, or set DATABASE_URL.',
  );
}

function numericId(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}
