/** Does a run in this process, as a worker would, while the screen follows its row. */
import type { Database } from '../store/database.ts';
import type { RunContext } from '../store/queue.ts';
import { claimRun, failRun, finishRun, type Run } from '../store/runs.ts';
import type { Settings } from './settings.ts';
import { followRun } from './start/follow-run.ts';
import { Screen } from './start/screen.ts';

export interface RunHere {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly asked: Run;
  readonly settings: Settings;
  /** What the screen's line says when the run is done. */
  readonly doneText: string;
  work(run: Run, context: RunContext<Settings>, say: (line: string) => void): Promise<void>;
}

export async function runHere({ db, databaseUrl, asked, settings, doneText, work }: RunHere): Promise<void> {
  const claimed = await claimRun(db, asked.id);
  if (!claimed) return tellEnded(asked);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => abort.abort(new Error(`stopped by ${signal}; start it again to go on`)));
  const screen = new Screen();
  const following = new AbortController();
  const { slug, kind: line } = claimed;
  const followed = followRun({ databaseUrl, slug, line, doneText }, screen, following.signal);
  try {
    await work(claimed, { db, settings, signal: abort.signal }, (text) => screen.say(text));
    await finishRun(db, claimed.id);
  } catch (error) {
    if (!abort.signal.aborted) await failRun(db, claimed.id, (error as Error).message);
    throw error;
  } finally {
    if (abort.signal.aborted) following.abort();
    await followed;
    screen.close();
  }
}

function tellEnded({ slug, status, error }: Run): void {
  if (status === 'failed' || status === 'cancelled') {
    throw new Error(
      `Run ${slug} is ${status}: ${error ?? 'no reason was written down'} ` +
        `Mend that; then residua retry ${slug} puts it back, for a worker or for this command again.`,
    );
  }
  console.log(`run ${slug} is ${status} already; give the new one another --slug`);
}
