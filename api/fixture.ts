/**
 * A small, clearly synthetic data set for tests of the API and for looking at pages without a trained dictionary:
 * `node --import tsx api/fixture.ts postgresql://... [--live]`. Migrates the database; --live goes on adding points to
 * the running run until it is stopped.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyMigrations } from '@residua/prisma/migrate';
import pg from 'pg';
import { fixtureFeature } from './fixture-feature.ts';
import type { FixtureWindow } from './fixture-feature.ts';
import { createFixtureVocabulary, FIXTURE_CORPORA } from './fixture-text.ts';
import { createFixtureRun, insertFixturePoints } from './fixture-run.ts';

export const FIXTURE = {
  model: 'fixture-model',
  dictionary: 'fixture-dictionary',
  /** Like the dictionary, but not published. */
  draft: 'fixture-draft',
  finishedRun: 'fixture-finished',
  runningRun: 'fixture-running',
  featureCount: 200,
  /** Features from here on are silent. */
  firstDead: 190,
  budgets: [4, 8, 16, 32, 64],
} as const;

const WINDOW_TOKENS = 32;

export interface FixtureIds {
  readonly model: number;
  readonly dictionary: number;
  readonly draft: number;
  readonly finishedRun: number;
  readonly runningRun: number;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export async function insertFixture(client: pg.ClientBase): Promise<FixtureIds> {
  const vocabulary = createFixtureVocabulary(FIXTURE_CORPORA.map(({ text }) => text));
  const model = await insertModel(client, vocabulary.tokens);
  const windows = await insertWindows(client, model, vocabulary.encode);
  const finishedRun = await createFixtureRun(client, FIXTURE.finishedRun, 'done');
  const runningRun = await createFixtureRun(client, FIXTURE.runningRun, 'running');
  await insertFixturePoints(client, finishedRun, 0, 250);
  await insertFixturePoints(client, runningRun, 0, 40);
  const dictionary = await insertDictionary(client, {
    slug: FIXTURE.dictionary,
    model,
    run: finishedRun,
    isPublished: true,
  });
  const draft = await insertDictionary(client, {
    slug: FIXTURE.draft,
    model,
    run: finishedRun,
    isPublished: false,
    parent: dictionary,
  });
  for (const owner of [dictionary, draft]) {
    // The draft has a few, enough to be found where visibility is forgotten.
    const count = owner === dictionary ? FIXTURE.featureCount : 5;
    await insertFeatures(client, owner, count, windows, vocabulary.tokens);
  }
  return { model, dictionary, draft, finishedRun, runningRun };
}

async function insertModel(client: pg.ClientBase, tokens: readonly Buffer[]): Promise<number> {
  const config = {
    architectures: ['LlamaForCausalLM'],
    hidden_size: 128,
    num_hidden_layers: 4,
    vocab_size: tokens.length,
  };
  // As train-lm writes it, the long line of the command too: pages must survive it.
  const curve = Array.from({ length: 20 }, (_, at) => ({
    step: at * 10 + 1,
    tokens: at * 40_960,
    lossNats: 3 + 5 / (at + 1),
  }));
  const training = {
    command: `none: this model does not exist, were it ${'--a-flag with-a-value '.repeat(12)}`,
    seed: 1,
    stepTotal: 200,
    tokens: 819_200,
    curve,
    heldOutCurve: [{ step: 200, evaluation: { lossNats: 3.21 } }],
    corpora: [{ slug: 'english-prose', share: 1 }],
    heldOut: { lossNats: 3.21, tokenCount: 1_000, byCorpus: [{ corpus: 'english-prose', lossNats: 3.21 }] },
  };
  const { rows } = await client.query<{ id: number }>(
    `insert into model (slug, name, family, description, layer_count, hidden_width, head_count, kv_head_count, vocab_size,
       context_length, parameter_count, revision, sha256, config, training, held_out_nats)
     values ($1, 'Fixture model', 'llama', 'A model that exists only in tests.', 4, 128, 4, 2, $2, 128, 1234567, 'fixture', $3, $4, $5, 3.21)
     returning id`,
    [FIXTURE.model, tokens.length, sha256('fixture weights'), config, training],
  );
  const texts = tokens.map((bytes) => bytes.toString('utf8'));
  await client.query(
    `insert into token (model_id, index, bytes, text)
     select $1, k.ord - 1, decode(k.bytes, 'hex'), k.text from unnest($2::text[], $3::text[]) with ordinality as k(bytes, text, ord)`,
    [
      rows[0].id,
      tokens.map((bytes) => bytes.toString('hex')),
      texts.map((text) => text.replaceAll('\0', '\uFFFD')),
    ],
  );
  return rows[0].id;
}

async function insertWindows(
  client: pg.ClientBase,
  model: number,
  encode: (text: string) => number[],
): Promise<FixtureWindow[]> {
  const windows: FixtureWindow[] = [];
  for (const { slug, name, domain, text } of FIXTURE_CORPORA) {
    const corpus = await client.query<{ id: number }>(
      `insert into corpus (slug, name, domain, description, document_count, byte_count, sha256)
       values ($1, $2, $3, 'A few made-up sentences, repeated.', 8, $4, $5) returning id`,
      [slug, name, domain, Buffer.byteLength(text), sha256(text)],
    );
    const tokens = encode(text);
    for (let start = 0; start + WINDOW_TOKENS <= tokens.length; start += WINDOW_TOKENS) {
      const part = tokens.slice(start, start + WINDOW_TOKENS);
      const { rows } = await client.query<{ id: string }>(
        'insert into token_window (model_id, corpus_id, start, length, tokens) values ($1, $2, $3, $4, $5) returning id',
        [model, corpus.rows[0].id, start, part.length, part],
      );
      windows.push({ id: Number(rows[0].id), corpus: corpus.rows[0].id, tokens: part });
    }
  }
  return windows;
}

interface FixtureDictionary {
  readonly slug: string;
  readonly model: number;
  readonly run: number;
  readonly isPublished: boolean;
  readonly parent?: number;
}

async function insertDictionary(
  client: pg.ClientBase,
  { slug, model, run, isPublished, parent }: FixtureDictionary,
): Promise<number> {
  const corpora = JSON.stringify(
    FIXTURE_CORPORA.map(({ slug: corpus, text }) => ({ slug: corpus, sha256: sha256(text) })),
  );
  const provenance = await client.query<{ id: number }>(
    `insert into provenance (sha256, model_slug, model_revision, model_sha256, checkpoint_sha256, train_corpora, read_corpora,
       tokenizer, context_length, bos_policy, normalisation, code_commit, backend, seed, train_token_count, read_token_count, command, config)
     values ($1, $2, 'fixture', $3, $4, $5, $5, 'fixture', 32, 'first token skipped', 'none', 'fixture', 'none', 1, 1000000, 100000,
       'node --import tsx api/fixture.ts', '{"width": 200, "k": 64}') returning id`,
    [sha256(slug), FIXTURE.model, sha256('fixture weights'), sha256(`${slug} checkpoint`), corpora],
  );
  const { rows } = await client.query<{ id: number }>(
    `insert into dictionary (slug, name, kind, model_id, hookpoint, layer, width, hidden_width, max_budget, parent_id, run_id,
       provenance_id, published_at)
     values ($1, $2, 'hierarchical_topk', $3, 'layers.2.residual.post', 2, $4, 128, 64, $5, $6, $7, $8) returning id`,
    [
      slug,
      `Fixture: ${slug}`,
      model,
      FIXTURE.featureCount,
      parent ?? null,
      run,
      provenance.rows[0].id,
      isPublished ? new Date() : null,
    ],
  );
  for (const budget of FIXTURE.budgets) {
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

async function insertFeatures(
  client: pg.ClientBase,
  dictionary: number,
  count: number,
  windows: readonly FixtureWindow[],
  tokens: readonly Buffer[],
): Promise<void> {
  const rows: Record<string, unknown[]> = {};
  for (let index = 0; index < count; index++) {
    const made = fixtureFeature({
      ...FIXTURE,
      dictionary,
      index,
      windows,
      tokens,
      isDead: index >= FIXTURE.firstDead,
    });
    for (const [table, added] of Object.entries(made)) (rows[table] ??= []).push(...added);
  }
  for (const [table, added] of Object.entries(rows)) {
    await client.query(
      `insert into ${table} (${Object.keys(added[0] as object).join(', ')})
       select ${Object.keys(added[0] as object).join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
      [JSON.stringify(added)],
    );
  }
}

if (process.argv[1] && import.meta.url === new URL(process.argv[1], 'file:').href) {
  const [databaseUrl, option] = process.argv.slice(2);
  if (!databaseUrl)
    throw new Error(
      'expected the address of a Postgres: node --import tsx api/fixture.ts postgresql://... [--live]',
    );
  await applyMigrations(databaseUrl);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin');
  const ids = await insertFixture(client);
  await client.query('commit');
  console.log(ids);
  for (let step = 40; option === '--live'; step++) {
    await insertFixturePoints(client, ids.runningRun, step, step + 1);
    await sleep(500);
  }
  await client.end();
}
