/** The base of a boost: open where it is published, waited for while a run still makes it, missed where that run ended otherwise. */
import type { Database, Queryable } from '../../store/database.ts';
import { RunWaits } from '../../store/queue.ts';
import type { RunStatus } from '../../store/runs.ts';
import { openPublished, type PublishedDictionary } from '../dictionary-file.ts';
import { describeReading, type HiddenConfig } from '../train-sae/text-config.ts';

interface Maker {
  readonly slug: string;
  readonly status: RunStatus;
  readonly error: string | null;
}

export async function openBase(db: Database, home: string, slug: string): Promise<PublishedDictionary> {
  const maker = await findMaker(db, slug);
  if (maker) expectMade(slug, maker);
  return openPublished(db, home, slug);
}

/** Settings in which the base's text was read otherwise: a boost would learn that difference, too. One line, or none. */
export async function compareReading(
  db: Queryable,
  { base, ...asked }: HiddenConfig & { readonly base: string },
): Promise<string | undefined> {
  const { rows } = await db.query<{ config: HiddenConfig }>(
    `SELECT provenance.config FROM dictionary JOIN provenance ON provenance.id = provenance_id
     WHERE slug = $1 AND published_at IS NOT NULL AND EXISTS
       (SELECT FROM run WHERE run.id = run_id AND run.kind = 'train-sae')`,
    [base],
  );
  if (rows.length === 0) return undefined;
  const [theirs, ours] = [rows[0].config, asked].map(describeReading);
  if (theirs === ours) return undefined;
  return `${base} was trained with other text options: "${theirs}"; this boost has "${ours}". Give those of the base.`;
}

/** The run that is to publish it, where it is not published yet. */
async function findMaker(db: Queryable, slug: string): Promise<Maker | undefined> {
  const { rows } = await db.query<Maker>(
    `SELECT slug, status, error FROM run
     WHERE config ->> 'slug' = $1 AND kind IN ('train-sae', 'import')
       AND NOT EXISTS (SELECT FROM dictionary WHERE slug = $1 AND published_at IS NOT NULL)
     ORDER BY status IN ('queued', 'running') DESC, id DESC LIMIT 1`,
    [slug],
  );
  return rows[0];
}

function expectMade(base: string, { slug, status, error }: Maker): void {
  if (status === 'queued' || status === 'running') {
    throw new RunWaits(
      slug,
      `There is no dictionary ${base} yet: run ${slug}, which makes it, is ${status}. Wait for it, or add --queue: then ` +
        'the boost waits by itself.',
    );
  }
  if (status === 'done') return;
  const reason = error ? ` (${error.replace(/\.$/, '')})` : '';
  throw new Error(
    `There is no dictionary ${base} to boost: run ${slug}, which was to make it, ${status === 'failed' ? 'failed' : 'was cancelled'}${reason}. ` +
      `residua retry ${slug} tries that again; then retry this one, too.`,
  );
}
