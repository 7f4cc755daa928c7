/** Vitest's globalSetup of the database tests: starts the test server, and stops it when no other test run uses it. */
import pg from 'pg';
import { closePostgres, openPostgres } from './postgres.ts';
import { ensureTemplate, testHome } from './testing.ts';

// Any number: every test run of this checkout holds it shared for as long as it lasts.
const TEST_RUN_LOCK = 7_216_420;

/** Returns the teardown. */
export default async function openTestServer(): Promise<() => Promise<void>> {
  const { url } = await openPostgres({ home: testHome, durable: false });
  const session = new pg.Client({ connectionString: url });
  // A server stopped by a person ends this session; the tests say so themselves.
  session.on('error', () => {});
  await session.connect();
  await session.query('SELECT pg_advisory_lock_shared($1)', [TEST_RUN_LOCK]);
  await ensureTemplate(url);

  return async () => {
    const isLast = await isLastTestRun(session);
    await session.end().catch(() => {});
    if (isLast) await closePostgres({ home: testHome });
  };
}

async function isLastTestRun(session: pg.Client): Promise<boolean> {
  try {
    await session.query('SELECT pg_advisory_unlock_shared($1)', [TEST_RUN_LOCK]);
    const { rows } = await session.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [
      TEST_RUN_LOCK,
    ]);
    return rows[0].free;
  } catch {
    return true; // The server is gone already.
  }
}
