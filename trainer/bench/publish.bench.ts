/** How fast a dictionary that was read out goes into the embedded Postgres, from the first row until it is visible. */
import path from 'node:path';
import { applyMigrations } from '@residua/prisma/migrate';
import { openPostgres, removePostgres } from '@residua/prisma/postgres';
import { readSettings } from '../commands/settings.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { publish } from '../store/publish.ts';
import type { Bench } from './bench.ts';
import { countRows } from './publication/made-up-readout.ts';
import { createMadeUpPublication, saveSubject, type MadeUpPublication } from './publication/publication.ts';
import { spreadOf } from './statistics.ts';
import { formatNumber } from './table.ts';

const EXAMPLES_PER_FEATURE = 30;

export const publishBench: Bench = {
  summary: 'publishing a dictionary with its examples into the embedded Postgres',
  help: `--f features with ${EXAMPLES_PER_FEATURE} examples each, in windows of --b tokens, and all that a page shows beside them: levels, densities,
logits, neighbours, intervals, labels, scores. A server of its own, made anew, that waits for the disk as the real one
does; every round publishes into another database. Made-up numbers; the other letters are not used.
  examplesPerSecond        examples over the seconds of everything, from the first row until it is visible
  examplesAlonePerSecond   examples over the seconds of the example table
  rowsPerSecond            rows of all tables over the seconds of everything
  tableMs                  ms of each table; show: counting that all is there, and making it visible

  npm run bench -- publish --f 4096 --repeats 3`,
  defaults: { shape: { B: 64, D: 768, F: 16_384, K: 1 }, repeats: 3 },
  async run({ options, say }) {
    const { B, F } = options.shape;
    say(`making up ${F} features with ${EXAMPLES_PER_FEATURE} examples of ${B} tokens`);
    const made = createMadeUpPublication({
      width: F,
      examplesPerFeature: EXAMPLES_PER_FEATURE,
      windowLength: B,
    });
    const rounds: Round[] = [];
    // One place: the server that a killed benchmark left is found and taken over.
    const home = path.join(readSettings().home, 'bench/publish');
    try {
      const { url } = await openPostgres({ home });
      for (let round = 0; round < options.warmups + options.repeats; round++) {
        const isTimed = round >= options.warmups;
        say(isTimed ? `round ${round - options.warmups + 1} of ${options.repeats}` : 'warm-up');
        const found = await inFreshDatabase(url, `round_${round}`, (db) => timePublication(db, made));
        if (isTimed) rounds.push(found);
      }
    } finally {
      await removePostgres({ home });
    }
    return describe(rounds, made, F, B);
  },
};

interface Round {
  readonly totalMs: number;
  readonly tableMs: Readonly<Record<string, number>>;
}

async function inFreshDatabase<Result>(
  serverUrl: string,
  name: string,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  const server = openDatabase({ url: serverUrl, maxConnections: 1 });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${name}`);
  await applyMigrations(url.toString());
  const db = openDatabase({ url: url.toString() });
  try {
    return await work(db);
  } finally {
    await db.end();
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.query('CHECKPOINT'); // what this round left to write is not the next one's
    await server.end();
  }
}

async function timePublication(db: Database, made: MadeUpPublication): Promise<Round> {
  const publication = { ...made, ...(await saveSubject(db)) };
  const tableMs: Record<string, number> = {};
  const beganMs = performance.now();
  let lastMs = beganMs;
  const lap = (name: string) => {
    const nowMs = performance.now();
    tableMs[name] = (tableMs[name] ?? 0) + nowMs - lastMs;
    lastMs = nowMs;
  };
  for await (const { relation } of publish(db, publication)) lap(relation);
  lap('show');
  return { totalMs: lastMs - beganMs, tableMs };
}

function describe(rounds: readonly Round[], { readout }: MadeUpPublication, F: number, B: number) {
  const medianOf = (of: (round: Round) => number) => spreadOf(rounds.map(of)).median;
  const totalMs = medianOf((round) => round.totalMs);
  const tables = Object.keys(rounds[0].tableMs);
  const tableMs = Object.fromEntries(tables.map((name) => [name, medianOf((round) => round.tableMs[name])]));
  const examples = readout.examples.length;
  const rows = countRows(readout);
  const perSecond = (count: number, ms: number) => (1000 * count) / ms;
  const keys = {
    shape: { F, examplesPerFeature: EXAMPLES_PER_FEATURE, windowTokens: B },
    examplesPerSecond: perSecond(examples, totalMs),
    examplesAlonePerSecond: perSecond(examples, tableMs.example),
    rowsPerSecond: perSecond(rows, totalMs),
    totalMs: rounds.map((round) => round.totalMs),
    tableMs,
  };
  return {
    keys,
    header: ['table', 'ms', 'share'],
    rows: [
      ...Object.entries(tableMs).map(([name, ms]) => [name, formatNumber(ms), formatNumber(ms / totalMs)]),
      ['everything', formatNumber(totalMs), '1.00'],
    ],
    notes: [
      `${examples} examples: ${formatNumber(keys.examplesPerSecond)} a second with everything, ` +
        `${formatNumber(keys.examplesAlonePerSecond)} alone; ${rows} rows: ${formatNumber(keys.rowsPerSecond)} a second`,
    ],
  };
}
