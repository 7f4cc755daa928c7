import { createHash } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '@residua/prisma/testing';
import { openDatabase, type Database } from './database.ts';
import { discardPublication } from './dictionaries.ts';
import { publish, type Publication, type PublishProgress } from './publish.ts';
import { createPublication, sha256 } from './readout.fixture.ts';

const SIZE = { width: 12, examplesPerFeature: 3 };
const PART_ROWS = 10;

let database: TestDatabase;
let db: Database;
beforeEach(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
});
afterEach(async () => {
  await db.end();
  await database.drop();
});

async function publishAll(
  on: Database,
  publication: Publication,
  partRows = PART_ROWS,
): Promise<PublishProgress[]> {
  const progress: PublishProgress[] = [];
  for await (const step of publish(on, publication, { partRows })) progress.push(step);
  return progress;
}

const LOSE_WINDOW = `BEGIN; SET LOCAL session_replication_role = replica;
  DELETE FROM token_window WHERE id = (SELECT min(window_id) FROM example); COMMIT`;

const TABLES: Record<string, string> = {
  token_window: 'corpus_id, start, length, tokens',
  sparsity_level: 'budget, explained_variance, ce_recovered, l0, dead_fraction, token_count, ce_token_count',
  feature: 'index, density, max_act, encoder_norm, encoder_bias, encoder_decoder_cosine',
  feature_level_stat: 'feature_index, budget, fire_count, token_count, density, max_act, mean_act, histogram',
  feature_corpus_stat: 'feature_index, budget, corpus_id, fire_count, token_count',
  feature_logit: 'feature_index, side, rank, token_index, value',
  feature_neighbour: 'feature_index, rank, neighbour_index, cosine',
  feature_interval: 'feature_index, budget, interval, lower_act, upper_act, fire_count',
  label: 'feature_index, explainer, version, model, prompt_sha256, text',
  publication_part: 'relation, part, row_count',
  dictionary: 'slug, published_at IS NOT NULL',
};

/** Everything a publication wrote, without the numbers the database hands out. */
async function contents(): Promise<string> {
  const hash = createHash('sha256');
  for (const [table, columns] of Object.entries(TABLES)) {
    const { rows } = await db.query({
      text: `SELECT ${columns} FROM ${table} ORDER BY ${columns}`,
      rowMode: 'array',
    });
    hash.update(JSON.stringify([table, rows]));
  }
  const { rows } = await db.query(
    `SELECT e.feature_index, w.corpus_id, w.start, e.interval, e.is_top, e.max_act, e.positions, e.acts, e.ranks
     FROM example e JOIN token_window w ON w.id = e.window_id ORDER BY 1, 2, 3`,
  );
  const scores = await db.query(
    `SELECT feature_index, scorer, score.version, status, value, example_count, detail
     FROM score JOIN label ON label.id = label_id ORDER BY 1, 2, 3`,
  );
  return hash.update(JSON.stringify([rows, scores.rows])).digest('hex');
}

async function isPublished(): Promise<boolean> {
  const { rows } = await db.query('SELECT FROM dictionary WHERE published_at IS NOT NULL');
  return rows.length === 1;
}

/** What an undisturbed publication leaves behind, in a database of its own. */
async function undisturbedContents(): Promise<string> {
  const mine = [database, db] as const;
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  try {
    await publishAll(db, await createPublication(db, SIZE));
    return await contents();
  } finally {
    await db.end();
    await database.drop();
    [database, db] = mine;
  }
}

describe('publishing', () => {
  test('writes every record as it was given, makes it visible, and tells', async () => {
    const told: unknown[] = [];
    const listener = new pg.Client({ connectionString: database.url });
    listener.on('notification', ({ payload }) => told.push(JSON.parse(payload ?? '')));
    await listener.connect();
    await listener.query('LISTEN dictionary_published');

    const publication = await createPublication(db, SIZE);
    const progress = await publishAll(db, publication);
    expect(progress.at(-1)).toMatchObject({ rowsDone: progress[0].rowsTotal, isNew: true });
    expect(await isPublished()).toBe(true);
    await listener.query('SELECT 1');
    await listener.end();
    expect(told).toEqual([{ dictionary: 1 }]);

    const { examples, labels } = publication.readout;
    const stored = await db.query('SELECT text FROM label WHERE feature_index = 5');
    expect(stored.rows).toEqual([{ text: labels[5].text }]);
    const example = await db.query(
      `SELECT e.positions, e.acts, e.ranks, e.is_top AS "isTop", c.slug AS corpus, w.start::int FROM example e
       JOIN token_window w ON w.id = e.window_id JOIN corpus c ON c.id = w.corpus_id
       WHERE feature_index = 11 ORDER BY w.start`,
    );
    const given = examples.filter(({ feature }) => feature === 11).sort((a, b) => a.start - b.start);
    expect(example.rows.map((row) => ({ ...row, acts: row.acts.map(Math.fround) }))).toEqual(
      given.map(({ positions, acts, ranks, isTop, corpus, start }) => ({
        positions,
        acts,
        ranks,
        isTop,
        corpus,
        start,
      })),
    );
  });

  test('fills in how far the features of a boost keep to its domain, and nothing without a domain', async () => {
    const publication = await createPublication(db, SIZE);
    await db.query(`UPDATE corpus SET domain = 'code' WHERE id = (SELECT min(id) FROM corpus)`);
    const boost = { ...publication.dictionary, slug: 'tiny-boost', domain: 'code' };
    const checkpoint = { ...publication.provenance, checkpointSha256: sha256('tiny-boost') };
    await publishAll(db, publication);
    await publishAll(db, { ...publication, dictionary: boost, provenance: checkpoint });
    const { rows } = await db.query(
      `SELECT d.domain, f.domain_share AS share, s.rates[1] / (SELECT sum(rate) FROM unnest(s.rates) rate) AS expected
       FROM feature f JOIN dictionary d ON d.id = f.dictionary_id CROSS JOIN LATERAL (
         SELECT array_agg(fire_count::float8 / token_count ORDER BY corpus_id) AS rates FROM feature_corpus_stat
         WHERE dictionary_id = d.id AND feature_index = f.index AND budget = d.max_budget) s`,
    );
    expect(rows).toHaveLength(2 * SIZE.width);
    for (const { domain, share, expected } of rows) {
      if (domain === null) expect(share).toBeNull();
      else expect(share).toBeCloseTo(expected, 12);
    }
  });

  test('a second time changes nothing', async () => {
    const publication = await createPublication(db, SIZE);
    await publishAll(db, publication);
    const { rows: before } = await db.query('SELECT published_at, xmin FROM dictionary');
    const first = await contents();
    const again = await publishAll(db, publication);
    expect(again.every(({ isNew }) => !isNew)).toBe(true);
    expect(await contents()).toBe(first);
    expect((await db.query('SELECT published_at, xmin FROM dictionary')).rows).toEqual(before);
  });

  test('shares windows between dictionaries of one model', async () => {
    await publishAll(db, await createPublication(db, SIZE, 'one'));
    const { rows: before } = await db.query('SELECT count(*)::int AS count FROM token_window');
    await publishAll(db, await createPublication(db, SIZE, 'two'));
    expect((await db.query('SELECT count(*)::int AS count FROM token_window')).rows).toEqual(before);
    expect((await db.query('SELECT count(*)::int AS count FROM example')).rows).toEqual([{ count: 72 }]);
  });

  test('stopped after any part and started again, ends with the same rows', async () => {
    const expected = await undisturbedContents();
    const publication = await createPublication(db, SIZE);
    let partsDone = 0;
    // Each attempt gets one new part further than the one before.
    for (let isDone = false; !isDone; partsDone++) {
      isDone = true;
      for await (const { isNew } of publish(db, publication, { partRows: PART_ROWS })) {
        if (!isNew) continue;
        isDone = false;
        break;
      }
      expect(await isPublished()).toBe(isDone);
    }
    expect(partsDone).toBeGreaterThan(20);
    expect(await contents()).toBe(expected);
  });

  test('cut off in the middle of a COPY, again and again, ends with the same rows', async () => {
    const expected = await undisturbedContents();
    const publication = await createPublication(db, SIZE);
    const line = await openCutLine(database.url);
    let cuts = 0;
    // Each attempt may send 300 bytes more than the one before: the cuts fall into BEGIN, COPY data and COMMIT alike.
    for (let sizeBytes = 1_500; ; sizeBytes += 300) {
      line.cutAfter(sizeBytes);
      const cut = openDatabase({ url: line.url });
      const error = await publishAll(cut, publication).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      await cut.end();
      if (!error) break;
      expect(error).toBeInstanceOf(Error);
      cuts++;
    }
    line.close();
    expect(cuts).toBeGreaterThan(10);
    expect(await contents()).toBe(expected);
  });

  test('what is not complete is an error that counts what is missing, and stays invisible', async () => {
    const publication = await createPublication(db, SIZE);
    const { featureLevels } = publication.readout;
    const lacking = { ...publication.readout, featureLevels: featureLevels.slice(1) };
    await expect(publishAll(db, { ...publication, readout: lacking })).rejects.toThrow(
      /not complete and stays invisible:\n {2}feature_level_stat: 1 features have no row at some budget/,
    );
    expect(await isPublished()).toBe(false);
  });

  test('rows that vanished behind its back are noticed before anything is shown', async () => {
    const publication = await createPublication(db, SIZE);
    for await (const { relation } of publish(db, publication, { partRows: PART_ROWS })) {
      if (relation === 'label') break;
    }
    await db.query('DELETE FROM example WHERE feature_index = 3');
    await expect(publishAll(db, publication)).rejects.toThrow('example: expected 36 rows, got 33');
    expect(await isPublished()).toBe(false);
  });

  test('an example whose window vanishes after it was written is noticed too', async () => {
    const goOn = async () => {
      let isLost = false;
      for await (const { relation } of publish(db, await createPublication(db, SIZE))) {
        // Past the foreign keys, as nobody should.
        if (relation === 'label' && !isLost) await db.query(LOSE_WINDOW);
        isLost ||= relation === 'label';
      }
    };
    await expect(goOn()).rejects.toThrow(/example: expected 36 rows, got 3\d/);
    expect(await isPublished()).toBe(false);
  });

  test('a user who may not leave foreign keys out publishes the same rows', async () => {
    const expected = await undisturbedContents();
    const role = `plain_${database.name}`;
    await db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
      GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'plain'];
    const plain = openDatabase({ url: url.toString() });
    try {
      await publishAll(plain, await createPublication(db, SIZE));
      expect(await contents()).toBe(expected);
      expect(await isPublished()).toBe(true);
    } finally {
      await plain.end();
      await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test('other rows under the slug of a begun publication are refused, until that is discarded', async () => {
    const publication = await createPublication(db, SIZE);
    for await (const { relation } of publish(db, publication, { partRows: PART_ROWS }))
      if (relation === 'feature') break;
    const other = { ...publication, readout: (await createPublication(db, { ...SIZE, width: 13 })).readout };
    await expect(publishAll(db, other)).rejects.toThrow(/was begun with other rows: part token_window 0/);
    const retrained = {
      ...publication,
      provenance: { ...publication.provenance, checkpointSha256: sha256('other') },
    };
    await expect(publishAll(db, retrained)).rejects.toThrow(/half published with another provenance/);

    expect(await discardPublication(db, publication.dictionary.slug)).toBe(true);
    await publishAll(db, retrained);
    expect(await isPublished()).toBe(true);
    await expect(discardPublication(db, publication.dictionary.slug)).rejects.toThrow(/is published/);
  });

  test('two publishers of one dictionary at once write it once', async () => {
    const publication = await createPublication(db, SIZE);
    const both = await Promise.all([publishAll(db, publication), publishAll(db, publication)]);
    expect(both.flat().filter(({ isNew }) => isNew)).toHaveLength(both[0].length);
    expect(await isPublished()).toBe(true);
  });

  test('refuses numbers that are not finite, examples without a window and corpora nobody saved', async () => {
    const publication = await createPublication(db, SIZE);
    const { readout } = publication;
    const broken = (change: Partial<typeof readout>) =>
      publishAll(db, { ...publication, readout: { ...readout, ...change } });
    await expect(broken({ features: [{ ...readout.features[0], encoderNorm: NaN }] })).rejects.toThrow(
      /Expected finite numbers in feature, record 0, got NaN/,
    );
    await expect(broken({ examples: [{ ...readout.examples[0], start: 5 }] })).rejects.toThrow(
      /example at prose 5, but the read-out holds no such window/,
    );
    await expect(broken({ windows: [{ ...readout.windows[0], corpus: 'poems' }] })).rejects.toThrow(
      /names corpus poems, but only prose, code were saved/,
    );
  });
});

interface CutLine {
  readonly url: string;
  cutAfter(sizeBytes: number): void;
  close(): void;
}

/** A line to Postgres that is cut, as by a kill, once so many bytes went up it. */
async function openCutLine(url: string): Promise<CutLine> {
  const target = new URL(url);
  let leftBytes = Infinity;
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (chunk: Buffer) => {
      leftBytes -= chunk.length;
      if (leftBytes >= 0) return void far.write(chunk);
      far.write(chunk.subarray(0, chunk.length + leftBytes), cut);
    });
    far.on('data', (chunk: Buffer) => near.write(chunk));
    for (const socket of [near, far]) socket.on('error', cut).on('close', cut);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.toString(),
    cutAfter: (sizeBytes) => (leftBytes = sizeBytes),
    close: () => server.close(),
  };
}
