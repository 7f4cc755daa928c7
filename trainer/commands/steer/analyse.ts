/** `residua steer analyse`: what a stored set of vectors does to its model, kept beside it in the database. */
import { performance } from 'node:perf_hooks';
import path from 'node:path';
import { Command, Option } from 'commander';
import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';
import { openBackend } from '../../compute/backend.ts';
import { ANALYSES, type AnalysisKind, type VectorRecord } from '../../steering/record.ts';
import { STEERING_DEFAULTS } from '../../steering/settings.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import { loadVectors, saveAnalysis } from '../../store/steering.ts';
import { openPublished } from '../dictionary-file.ts';
import { readSettings, type Settings } from '../settings.ts';
import { parseCount } from '../train-lm/options.ts';
import { MEASURE_SEED, openSteerBench } from './bench.ts';
import { STEER_DEFAULTS } from './config.ts';
import { openProblems } from './problem-sets.ts';
import { createFeatureSources, FEATURE_PLAN } from './generation-features.ts';
import { ANALYSIS_PLAN, kindsFor, runAnalyses } from './run-analyses.ts';

interface Options {
  readonly kind: AnalysisKind | 'all';
  readonly model?: string;
  readonly problems: string;
  readonly testProblems?: string;
  readonly testCount: number;
  readonly maxTokens: number;
  readonly dictionary?: string;
}

export function steerAnalyseCommand(): Command {
  return new Command('analyse')
    .description('Find out what a set of vectors does: tokens, layers, paths, features. Kept beside it.')
    .argument('<vector>', 'its slug: residua-reasoner/all-seed-1; residua vectors list names those there are')
    .addOption(new Option('--kind <kind>', 'which analysis').choices([...ANALYSES, 'all']).default('all'))
    .option('--model <folder>', 'folder of its model, or org/name on the hub (default: by its name)')
    .option('--problems <file>', "JSON Lines, or reasoner: the reasoner's own", STEER_DEFAULTS.problems)
    .option('--test-problems <file>', 'more held-out problems')
    .option('--test-count <count>', 'problems of each held-out set', parseCount, STEER_DEFAULTS.testCount)
    .option('--max-tokens <count>', 'of a response', parseCount, STEERING_DEFAULTS.maxTokens)
    .option(
      '--dictionary <slug>',
      'a published one for features (default: the one committed with the model, else fitted here on what it writes)',
    )
    .addHelpText('after', HELP)
    .action(analyse);
}

const HELP = `
Kinds: ${ANALYSES.join(', ')}. all: those that say something of such a set (cosines need several layers,
patching the layer before the last, token-scaling an adaptive set). Running one again replaces it.`;

async function analyse(slug: string, options: Options): Promise<void> {
  const settings = readSettings();
  const url = await openDatabaseUrl(settings);
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-steer-analyse' });
  try {
    const vector = await findVector(db, slug);
    await analyseVector(db, vector, options, settings);
  } finally {
    await db.end();
  }
}

async function findVector(db: Database, slug: string): Promise<VectorRecord> {
  const [vector] = await loadVectors(db, { slugs: [slug] });
  if (vector) return vector;
  const there = (await loadVectors(db)).map((one) => one.slug).join(', ') || 'none yet';
  throw new Error(
    `Vectors ${slug}: expected a set of that slug, got none. There are ${there}. residua steer train makes some.`,
  );
}

async function analyseVector(
  db: Database,
  vector: VectorRecord,
  options: Options,
  settings: Settings,
): Promise<void> {
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const { problems, testProblems = null, testCount, maxTokens, dictionary } = options;
  const machine = {
    backend,
    folder: path.join(settings.home, 'steering'),
    command: commandOf(vector.slug, options),
    say: (line: string) => console.log(line),
    now: () => performance.now(),
  };
  const measuring = { samples: 1, maxTokens, temperature: STEERING_DEFAULTS.temperature, seed: MEASURE_SEED };
  const sets = await openProblems({ problems, testProblems, testCount });
  const bench = await openSteerBench(machine, options.model ?? vector.model, settings.home, sets, measuring);
  const published = dictionary === undefined ? undefined : await openPublished(db, settings.home, dictionary);
  const features = createFeatureSources(bench, FEATURE_PLAN, published);
  try {
    const kinds = options.kind === 'all' ? kindsFor(vector, bench.model.config.layerCount) : [options.kind];
    const analysing = { ...bench, plan: ANALYSIS_PLAN, openFeatures: features.open };
    for await (const analysis of runAnalyses(analysing, vector, kinds))
      await saveAnalysis(db, analysis, { run: null, isRecorded: false });
  } finally {
    features.dispose();
    bench.model.dispose();
  }
}

function commandOf(
  slug: string,
  { kind, problems, testProblems, testCount, maxTokens, dictionary }: Options,
): string {
  const optional = [
    ...(testProblems === undefined ? [] : [`--test-problems ${testProblems}`]),
    ...(dictionary === undefined ? [] : [`--dictionary ${dictionary}`]),
  ];
  const given = [
    `--kind ${kind} --problems ${problems} --test-count ${testCount} --max-tokens ${maxTokens}`,
    ...optional,
  ];
  return `residua steer analyse ${slug} ${given.join(' ')}`;
}
