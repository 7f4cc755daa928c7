/** A made-up dictionary with its budgets and features. */
import type pg from 'pg';
import { fixtureFeature } from './fixture-feature.ts';
import type { FixtureWindow } from './fixture-feature.ts';
import { FIXTURE_CORPORA, sha256 } from './fixture-text.ts';

export interface FixtureDictionary {
  readonly slug: string;
  readonly model: number;
  readonly run: number;
  readonly isPublished: boolean;
  readonly parent: number | null;
  readonly domain: string | null;
  readonly featureCount: number;
  readonly budgets: readonly number[];
}

export async function insertDictionary(
  client: pg.ClientBase,
  { slug, model, run, isPublished, parent, domain, featureCount, budgets }: FixtureDictionary,
): Promise<number> {
  const corpora = JSON.stringify(
    FIXTURE_CORPORA.map(({ slug: corpus, text }) => ({ slug: corpus, sha256: sha256(text) })),
  );
  const provenance = await client.query<{ id: number }>(
    `insert into provenance (sha256, model_slug, model_revision, model_sha256, checkpoint_sha256, train_corpora, read_corpora,
       tokenizer, context_length, bos_policy, normalisation, code_commit, backend, seed, train_token_count, read_token_count, command, config)
     select $1, m.slug, 'fixture', $3, $4, $5, $5, 'fixture', 32, 'first token skipped', 'none', 'fixture', 'none', 1, 1000000, 100000,
       'node --import tsx api/fixture.ts', '{"width": 200, "k": 64}' from model m where m.id = $2 returning id`,
    [sha256(slug), model, sha256('fixture weights'), sha256(`${slug} checkpoint`), corpora],
  );
  const width = Math.max(featureCount, ...budgets);
  const { rows } = await client.query<{ id: number }>(
    `insert into dictionary (slug, name, kind, model_id, hookpoint, layer, width, hidden_width, max_budget, parent_id, domain,
       run_id, provenance_id, published_at)
     values ($1, $2, 'hierarchical_topk', $3, 'layers.2.residual.post', 2, $4, 128, $5, $6, $7, $8, $9, $10) returning id`,
    [
      ...[slug, `Fixture: ${slug}`, model, width, Math.max(...budgets), parent, domain, run],
      ...[provenance.rows[0].id, isPublished ? new Date() : null],
    ],
  );
  for (const budget of budgets) {
    const loss = 1 / Math.sqrt(budget);
    await client.query(
      `insert into sparsity_level (dictionary_id, budget, explained_variance, ce_original, ce_spliced, ce_zero, ce_recovered,
         delta_ce, kl_nats, l0, dead_fraction, token_count, ce_token_count)
       values ($1, $2, $3, 3.2, $4, 8.2, $5, $6, $7, $8, 0.05, 100000, 20000)`,
      [rows[0].id, budget, 1 - loss, 3.2 + loss, (5 - loss) / 5, loss, loss * 0.9, budget * 0.98],
    );
  }
  return rows[0].id;
}

export interface FixtureFeatures {
  readonly dictionary: number;
  readonly featureCount: number;
  readonly firstDead: number;
  readonly budgets: readonly number[];
  readonly domain?: string;
  /** What each feature acts on. */
  readonly triggers?: readonly number[];
}

export async function insertFeatures(
  client: pg.ClientBase,
  { triggers, firstDead, ...features }: FixtureFeatures,
  windows: readonly FixtureWindow[],
  tokens: readonly Buffer[],
): Promise<void> {
  const rows: Record<string, object[]> = {};
  for (let index = 0; index < features.featureCount; index++) {
    const isDead = index >= firstDead;
    const made = fixtureFeature({ ...features, index, windows, tokens, isDead, trigger: triggers?.[index] });
    for (const [table, added] of Object.entries(made)) (rows[table] ??= []).push(...added);
  }
  for (const [table, added] of Object.entries(rows)) await insertRows(client, table, added);
  await client.query('select fill_domain_share($1)', [features.dictionary]);
}

/** Rows of one table, columns by name; all have those of the first. */
export async function insertRows(
  client: pg.ClientBase,
  table: string,
  rows: readonly object[],
): Promise<void> {
  const columns = Object.keys(rows[0]).join(', ');
  await client.query(
    `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
}
