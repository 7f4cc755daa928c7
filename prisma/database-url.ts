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
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new Error(
      'DATABASE_URL should look like postgresql://user:password@host:5432/database and does not.',
    );
  }
  return { home: env.RESIDUA_HOME ? resolve(env.RESIDUA_HOME) : defaultHome, databaseUrl };
}

/** Starts the embedded server when it is the one to use and is not running. */
export async function openDatabaseUrl({ home, databaseUrl }: DatabaseSettings): Promise<string> {
  return databaseUrl ?? (await openPostgres({ home })).url;
}
