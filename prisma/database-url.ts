/** Which database to use: the one named by DATABASE_URL, else the embedded server of the home folder. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPostgres } from './postgres.ts';

/** `.residua` in the root of the checkout. */
export const defaultHome: string = fileURLToPath(new URL('../.residua', import.meta.url));

export interface DatabaseSettings {
  readonly home: string;
  /** Undefined: the embedded server. */
  readonly databaseUrl: string | undefined;
}

/** Reads RESIDUA_HOME and DATABASE_URL out of an environment such as process.env. */
export function parseDatabaseSettings(env: Readonly<Record<string, string | undefined>>): DatabaseSettings {
  const databaseUrl = env.DATABASE_URL || undefined;
  checkDatabaseUrl(databaseUrl);
  return { home: env.RESIDUA_HOME ? resolve(env.RESIDUA_HOME) : defaultHome, databaseUrl };
}

/** Starts the embedded server when it is the one to use and is not running. */
export async function openDatabaseUrl({ home, databaseUrl }: DatabaseSettings): Promise<string> {
  return databaseUrl ?? (await openPostgres({ home })).url;
}

/** Not a word of the value is shown: it may hold a password. */
export function checkDatabaseUrl(databaseUrl: string | undefined): void {
  if (!databaseUrl || (/^postgres(ql)?:\/\/./.test(databaseUrl) && URL.canParse(databaseUrl))) return;
  throw new Error(
    'DATABASE_URL should look like postgresql://user:password@host:5432/database and does not. ' +
      'Correct it, or unset it to use the embedded server.',
  );
}

/** Which database it is (never its password), what the server said, and what to try. The code of the cause stays readable. */
export function explainDatabaseError(url: string, cause: Error): Error {
  const { host, pathname, username } = new URL(url);
  const said = /permission denied[^\n]*/.exec(cause.message)?.[0] ?? (cause.message || String(cause));
  return new Error(
    `The database ${pathname.slice(1)} at ${host} cannot be used by ${username || 'this user'}: ${said}. ` +
      'Check that the server runs and lets this user connect and create tables; correct DATABASE_URL, or unset it to ' +
      'use the embedded server.',
    { cause },
  );
}
