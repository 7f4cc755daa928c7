/**
 * A small, clearly synthetic data set for tests of the API and for looking at pages without a trained dictionary:
 * `node --import tsx api/fixture.ts postgresql://... [--live]`. Migrates the database; --live goes on adding points to
 * the running run until it is stopped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { applyMigrations } from '@residua/prisma/migrate';
import pg from 'pg';
import { FIXTURE_BOOSTS, insertBoosts } from './fixture-boost.ts';
import { insertDictionary, insertFeatures } from './fixture-dictionary.ts';
import type { FixtureWindow } from './fixture-feature.ts';
import { createFixtureVocabulary, FIXTURE_CORPORA, sha256 } from './fixture-text.ts';
import { insertMatches } from './fixture-match.ts';
import { createFixtureRun, insertFixturePoints } from './fixture-run.ts';
import { insertSteering } from './fixture-steering.ts';
import { insertStudies } from './fixture-study.ts';
import { FIXTURE_EXPERIMENTS, insertTrials } from './fixture-trial.ts';

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
  boosts: FIXTURE_BOOSTS,
} as const;

const WINDOW_TOKENS = 32;
const DRAFT_FEATURES = 5;

export interface FixtureIds {
  readonly model: number;
  readonly dictionary: number;
  readonly draft: number;
  /** In the order of FIXTURE.boosts. */
  readonly boosts: readonly number[];
  readonly finishedRun: number;
  readonly runningRun: number;
}

export async function insertFixture(client: pg.ClientBase): Promise<FixtureIds> {
  const vocabulary = createFixtureVocabulary(FIXTURE_CORPORA.map(({ text }) => text));
  const model = await insertModel(client, vocabulary.tokens);
  const windows = await insertWindows(client, model, vocabulary.encode);
  const finishedRun = await createFixtureRun(client, FIXTURE.finishedRun, 'done');
  const runningRun = await createFixtureRun(client, FIXTURE.runningRun, 'running');
  await insertFixturePoints(client, finishedRun, 0, 250);
  await insertFixturePoints(client, runningRun, 0, 40);
  const { featureCount, firstDead, budgets } = FIXTURE;
  const own = { model, run: finishedRun, domain: null, featureCount, budgets };
  const dictionary = await insertDictionary(client, {
    ...{ ...own, slug: FIXTURE.dictionary, isPublished: true, parent: null },
  });
  const draft = await insertDictionary(client, {
    ...{ ...own, slug: FIXTURE.draft, isPublished: false, parent: dictionary },
  });
  // The draft has a few features, enough to be found where visibility is forgotten.
  const counts = [
    [dictionary, featureCount],
    [draft, DRAFT_FEATURES],
  ] as const;
  for (const [owner, count] of counts) {
    const features = { dictionary: owner, featureCount: count, firstDead, budgets };
    await insertFeatures(client, features, windows, vocabulary.tokens);
  }
  const base = { dictionary, model, run: finishedRun };
  const boosts = await insertBoosts(client, base, windows, vocabulary.tokens);
  await insertMatches(client, {
    from: dictionary,
    to: draft,
    fromCount: DRAFT_FEATURES,
    toCount: DRAFT_FEATURES,
  });
  await insertTrials(client, { model, run: finishedRun, base: dictionary, boosts, draft });
  await insertStudies(client, { model, run: finishedRun });
  await insertSteering(client, { model, run: finishedRun });
  return { model, dictionary, draft, boosts, finishedRun, runningRun };
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
      windows.push({ id: Number(rows[0].id), corpus: corpus.rows[0].id, domain, tokens: part });
    }
  }
  return windows;
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
  console.log({
    ids,
    dictionaries: [FIXTURE.dictionary, ...FIXTURE.boosts.map(({ slug }) => slug)],
    runs: [FIXTURE.finishedRun, FIXTURE.runningRun],
    experiments: FIXTURE_EXPERIMENTS,
  });
  for (let step = 40; option === '--live'; step++) {
    await insertFixturePoints(client, ids.runningRun, step, step + 1);
    await sleep(500);
  }
  await client.end();
}
