/** The demo on the screen: a line for each run, another for the recorded trials, and the pages worth opening. */
import path from 'node:path';

import { isConnectionError, openDatabase, type Database } from '../../store/database.ts';
import { demoConfig } from '../demo.ts';
import { checkout } from '../settings.ts';
import { linkRecorded, loadRecordedStudies } from '../studies/recorded-studies.ts';
import { enqueueDemo, type Demo } from './demo-runs.ts';
import { followRun } from './follow-run.ts';
import { RecordedTrials } from './recorded-trials.ts';
import type { Screen } from './screen.ts';

export interface ShowDemo {
  readonly databaseUrl: string;
  readonly siteUrl: string;
  readonly demo: Demo;
  /** Where recorded experiments lie. */
  readonly recordedFolder?: string;
}

const RECORDED_FOLDER = path.join(checkout, 'trainer/recorded');
const TRIALS_LINE = 'trials';

/** Returns when every run has ended, or when the signal says to stop looking. */
export async function showDemo(
  { databaseUrl, siteUrl, demo, recordedFolder = RECORDED_FOLDER }: ShowDemo,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const db = openDatabase({ url: databaseUrl, maxConnections: 1, applicationName: 'residua-demo' });
  try {
    await enqueueDemo(db, demo);
    // They need no model here; at the end they are tied to those that came.
    const atFirst = await loadStudies(db, recordedFolder);
    const recorded = await RecordedTrials.open(recordedFolder, (text) => screen.say(text));
    const followed = demo.runs.map(async ({ slug, line, page }) => {
      await followRun({ databaseUrl, slug, line, doneText: `${siteUrl}${page}` }, screen, signal);
      if (!signal.aborted) await recorded.load(db);
    });
    if (recorded.count > 0) screen.begin(TRIALS_LINE, 'recorded experiments: after the base', 'waiting');
    await Promise.all(followed);
    if (signal.aborted) return;
    await recorded.load(db, true);
    // Saving them again would write every row anew, for nothing.
    if (atFirst) await unlessRestarting(() => linkRecorded(db));
    for (const why of atFirst ?? (await loadStudies(db, recordedFolder)) ?? [])
      screen.say(`recorded study or vectors left out: ${why}`);
    endTrials(recorded, screen);
    for (const line of await listPages(db, siteUrl)) screen.say(line);
  } finally {
    await db.end();
  }
}

/** Why some were refused; undefined while the server is being restarted. */
async function loadStudies(db: Database, folder: string): Promise<readonly string[] | undefined> {
  return unlessRestarting(async () => (await loadRecordedStudies(db, folder)).refused);
}

async function unlessRestarting<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isConnectionError(error)) return undefined;
    throw error;
  }
}

function endTrials({ count, loaded }: RecordedTrials, screen: Screen): void {
  const text = loaded.length > 0 ? `recorded experiments: ${loaded.join(', ')}` : 'none could be read';
  screen.end(TRIALS_LINE, text, loaded.length === count ? 'done' : 'failed');
}

/** What of it there is, one line each. */
async function listPages(db: Database, siteUrl: string): Promise<string[]> {
  const { rows } = await db.query<{ address: string; words: string }>(PAGES, [demoConfig.slug]);
  const width = Math.max(...rows.map(({ address }) => address.length));
  return rows.map(({ address, words }) => `${siteUrl}${address.padEnd(width)}  ${words}`);
}

// The feature whose labels were judged best, of those that act neither seldom nor everywhere.
const PAGES = `
  (SELECT '/dictionaries/' || dictionary.slug || '/' || feature.index AS address,
     'a feature: what it means, where it acts, at every budget' AS words
   FROM dictionary JOIN feature ON feature.dictionary_id = dictionary.id
     JOIN label ON label.dictionary_id = dictionary.id AND label.feature_index = feature.index
     JOIN score ON score.label_id = label.id AND score.status = 'ok'
   WHERE dictionary.slug = $1 AND published_at IS NOT NULL AND feature.density BETWEEN 0.001 AND 0.01
   GROUP BY dictionary.slug, feature.index ORDER BY avg(score.value) DESC, feature.index LIMIT 1)
  UNION ALL
  (SELECT '/boost/' || boost.slug, 'what the ' || boost.domain || ' boost added to its base, and what it cost'
   FROM dictionary boost WHERE boost.parent_id IS NOT NULL AND boost.domain IS NOT NULL
     AND boost.published_at IS NOT NULL ORDER BY boost.id DESC LIMIT 1)
  UNION ALL
  (SELECT '/pareto', 'one dictionary for every budget against one for each'
   WHERE EXISTS (SELECT FROM trial WHERE experiment = 'budget-curve'))
  UNION ALL
  (SELECT '/lime', 'layers that read earlier layers: what for, and at what cost'
   WHERE EXISTS (SELECT FROM study WHERE kind = 'lime'))
  UNION ALL
  (SELECT '/steering', 'vectors that steer a model, trained by reinforcement and taken apart'
   WHERE EXISTS (SELECT FROM steering_vector))`;
