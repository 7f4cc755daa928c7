/** `residua match`: puts the features of two dictionaries beside each other, and keeps what was found. */
import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { correlateActs } from '../match/act-correlation.ts';
import type { Pair } from '../match/candidates.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { saveMatches, type MatchMethod } from '../store/matches.ts';
import { demoConfig } from './demo.ts';
import { openPublished, type PublishedDictionary } from './dictionary-file.ts';
import { PARTNERS, pickByCosine, pickOneToOne, turnPairs } from './match/cosines.ts';
import { readBoth } from './match/reading.ts';
import { openModelFolder } from './model-folder.ts';
import { runToEnd } from './run-to-end.ts';
import { readSettings, type Settings } from './settings.ts';
import { parseMixture } from './train-lm/mixture.ts';
import { parseCount } from './train-lm/options.ts';
import { addCountingOptions, type CountingConfig } from './train-sae/text-config.ts';

const METHODS = {
  'decoder-cosine': 'decoder_cosine',
  'encoder-cosine': 'encoder_cosine',
  'one-to-one': 'one_to_one',
  'act-correlation': 'act_correlation',
} as const satisfies Record<string, MatchMethod>;
type Method = keyof typeof METHODS;
const NAMES = Object.keys(METHODS) as Method[];

interface Options extends CountingConfig {
  readonly methods: readonly Method[];
  readonly model?: string;
  readonly corpora: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly contextLength: number;
}

function parseMethods(text: string): Method[] {
  return text.split(',').map((word) => {
    const name = NAMES.find((method) => method === word);
    if (name) return name;
    throw new InvalidArgumentError(`Expected some of ${NAMES.join(',')}, got "${word}".`);
  });
}

export function matchCommand(): Command {
  const command = new Command('match')
    .description(
      'Put the features of two dictionaries beside each other: which are alike, and which only one has.',
    )
    .argument('<a>', 'slug of a published dictionary')
    .argument('<b>', 'slug of another, of equal hidden width')
    .option('--methods <names>', `some of ${NAMES.join(',')}`, parseMethods, NAMES.slice(0, 3))
    .option('--model <name>', 'act-correlation: folder or name of the model (default: the one of a)')
    .option(
      '--corpora <shares>',
      'act-correlation: text to read, corpus=share,...',
      parseMixture,
      demoConfig.corpora,
    )
    .option('--tokens <count>', 'act-correlation: tokens to read', parseCount, 100_000)
    .option(
      '--context-length <tokens>',
      'act-correlation: tokens of a window',
      parseCount,
      demoConfig.contextLength,
    );
  return addCountingOptions(command).addHelpText('after', HELP).action(run);
}

const HELP = `
  decoder-cosine    the ${PARTNERS} features of the other with the nearest decoder rows: what they write
  encoder-cosine    the same by encoder rows: what they look for
  one-to-one        the pairing of greatest total decoder cosine in which nobody has two partners. Exact up to
                    2,048 x 2,048 features; above, exact among each feature's 32 nearest from either side, and it tells
                    how much another pairing could reach at most
  act-correlation   the ${PARTNERS} whose acts correlate most on the same tokens; both of one model. --skip-first and
                    --max-norm-ratio say which tokens those are, the latter for the hidden states of either

Every method is kept in both directions, under /compare/<a>/<b>. Doing it again puts the same in its place.
The weights are read from RESIDUA_HOME (runs/<run>/dictionary.safetensors): on another machine they have to be copied.

  residua match residua-demo-hierarchical topk-32
  residua match prose prose-russian --methods decoder-cosine,act-correlation --tokens 200000`;

interface Matching {
  readonly db: Database;
  readonly settings: Settings;
  readonly kernels: Kernels;
  readonly a: PublishedDictionary;
  readonly b: PublishedDictionary;
  readonly options: Options;
}

async function run(slugA: string, slugB: string, options: Options): Promise<void> {
  const settings = readSettings();
  const url = await openDatabaseUrl(settings);
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-match' });
  try {
    const a = await openPublished(db, settings.home, slugA);
    const b = await openPublished(db, settings.home, slugB);
    expectComparable(a, b);
    const { kernels } = await openBackend({ name: settings.backend, threads: settings.threads });
    const matching = { db, settings, kernels, a, b, options };
    for (const method of new Set(options.methods)) await match(matching, method);
  } finally {
    await db.end();
  }
}

function expectComparable(a: PublishedDictionary, b: PublishedDictionary): void {
  if (a.slug === b.slug) {
    throw new Error(
      `match: expected two dictionaries, got ${a.slug} twice. Its own neighbours are on its pages.`,
    );
  }
  if (a.weights.hiddenWidth !== b.weights.hiddenWidth) {
    throw new Error(
      `match: expected hidden states of one width, got ${a.weights.hiddenWidth} of ${a.slug} and ${b.weights.hiddenWidth} of ` +
        `${b.slug}. Choose dictionaries of models equally wide.`,
    );
  }
}

async function match(matching: Matching, method: Method): Promise<void> {
  const { db, a, b } = matching;
  const { forward, backward, note } = await find(matching, method);
  await saveMatches(db, { dictionary: a.id, other: b.id, method: METHODS[method] }, forward);
  await saveMatches(db, { dictionary: b.id, other: a.id, method: METHODS[method] }, backward);
  console.log(`${method}: ${describePairs(a, forward)}; ${describePairs(b, backward)}${note}`);
}

interface Found {
  readonly forward: readonly Pair[];
  readonly backward: readonly Pair[];
  /** More to say. */
  readonly note: string;
}

async function find(matching: Matching, method: Method): Promise<Found> {
  const [a, b] = [matching.a.weights, matching.b.weights];
  if (method === 'act-correlation') return correlate(matching);
  if (method === 'one-to-one') {
    const { pairs, total, gap } = pickOneToOne(a, b);
    const atMost = gap > 0 ? `; another pairing could reach ${gap.toFixed(2)} more at most` : '';
    return {
      forward: pairs,
      backward: turnPairs(pairs),
      note: `; cosines sum to ${total.toFixed(2)}${atMost}`,
    };
  }
  const rows = method === 'decoder-cosine' ? 'decoder_FD' : 'encoder_FD';
  return { forward: pickByCosine(a, b, rows), backward: pickByCosine(b, a, rows), note: '' };
}

async function correlate({ db, settings, kernels, a, b, options }: Matching): Promise<Found> {
  const { rows } = await db.query<{ has: boolean }>(
    `SELECT bool_or(bos_policy NOT LIKE 'none%') AS has FROM dictionary JOIN provenance ON provenance.id = provenance_id
     WHERE dictionary.id IN ($1, $2)`,
    [a.id, b.id],
  );
  const read = await readBoth({
    ...{ kernels, a, b, hasBos: rows[0].has, ...options },
    modelFolder: await openModelFolder(options.model ?? a.modelSlug, settings.home),
    cacheFolder: path.join(settings.home, 'corpora'),
    onProgress: createProgress('act-correlation: windows'),
  });
  const { tokenCount, tokenEnd } = read;
  const direction = (from: typeof read.a, to: typeof read.a) =>
    runToEnd(correlateActs({ a: from, b: to, tokenCount, tokenEnd, count: PARTNERS }));
  const [forward, backward] = [direction(read.a, read.b), direction(read.b, read.a)];
  return { forward, backward, note: `; on ${tokenCount} tokens` };
}

/** The share that counts as the same feature in the papers. */
const ALIKE = 0.7;

function describePairs({ slug, weights }: PublishedDictionary, pairs: readonly Pair[]): string {
  const alike = pairs.filter(({ rank, value }) => rank === 0 && value >= ALIKE).length;
  return `${alike} of ${weights.width} features of ${slug} have a partner at ${ALIKE} or above`;
}

const PROGRESS_EVERY_MS = 5_000;

function createProgress(what: string): (done: number, total: number) => void {
  let toldAtMs = performance.now();
  return (done, total) => {
    if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = performance.now();
    console.log(`${what} ${done} of ${total}`);
  };
}
