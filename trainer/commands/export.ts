/** `residua export`: a published dictionary as files that other programs read. */
import { Command, Option } from 'commander';
import path from 'node:path';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import { exportSaeLens } from '../sae/formats/export-sae-lens.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { loadExportFacts, type ExportFacts } from '../store/export-facts.ts';
import {
  findPublished,
  openPublished,
  type PublishedDictionary,
  type PublishedRecord,
} from './dictionary-file.ts';
import { exportParquet } from './export/parquet.ts';
import { readSettings } from './settings.ts';
import { parseCount } from './train-lm/options.ts';

const FORMATS = ['sae-lens', 'parquet'] as const;

interface Options {
  readonly format: (typeof FORMATS)[number];
  readonly to: string;
  readonly budget?: number;
  readonly modelName?: string;
}

export function exportCommand(): Command {
  return new Command('export')
    .description('Write a published dictionary as files that other programs read.')
    .argument('<dictionary>', 'its slug')
    .addOption(new Option('--format <format>', 'what to write').choices(FORMATS).makeOptionMandatory())
    .requiredOption('--to <folder>', 'where to; made if missing, files of the same names are replaced')
    .option(
      '--budget <count>',
      'sae-lens: acts kept per token; parquet: what densities and acts are at (default: the largest)',
      parseCount,
    )
    .option('--model-name <name>', 'sae-lens: the model as TransformerLens or Hugging Face know it')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
sae-lens   cfg.json and sae_weights.safetensors: SAE.load_from_disk of SAELens 6 reads them. Acts chosen by k become its
           topk, at --budget (a hierarchical dictionary is good at every one); by thresholds its jumprelu.
parquet    features.parquet (a row a feature: its label, density, strongest act, ...), levels.parquet (a row a feature and
           budget), labels.parquet (a row a label and score). What a column means stands in the files' metadata.

  residua export residua-demo-hierarchical --format sae-lens --to exported/demo-16 --budget 16
  residua export residua-demo-hierarchical --format parquet --to exported/tables
  python -c "import pyarrow.parquet as pq; print(pq.read_table('exported/tables/features.parquet'))"

The weights of sae-lens are read from RESIDUA_HOME (runs/<run>/dictionary.safetensors).`;

async function run(slug: string, options: Options): Promise<void> {
  const settings = readSettings();
  const url = await openDatabaseUrl(settings);
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-export' });
  const folder = path.resolve(options.to);
  try {
    const published = await findPublished(db, slug);
    const facts = await loadExportFacts(db, published.id);
    if (options.format === 'parquet') await writeTables(db, published, budgetOf(options, facts), folder);
    else await writeSaeLens(await openPublished(db, settings.home, slug), facts, options, folder);
  } finally {
    await db.end();
  }
}

/** A budget it was read out at. */
function budgetOf({ budget }: Options, { levels }: ExportFacts): number {
  const known = levels.map((level) => level.budget);
  if (budget === undefined) return known[known.length - 1];
  if (known.includes(budget)) return budget;
  throw new Error(`--budget: expected one of ${known.join(', ')}, which it was read out at, got ${budget}.`);
}

async function writeTables(
  db: Database,
  published: PublishedRecord,
  budget: number,
  folder: string,
): Promise<void> {
  for await (const { file, rows } of exportParquet(db, published, budget, folder)) {
    console.log(`${file}: ${rows} rows`);
  }
}

async function writeSaeLens(
  published: PublishedDictionary,
  { levels, contextLength, corpora, hasBos }: ExportFacts,
  { budget, modelName }: Options,
  folder: string,
): Promise<void> {
  const { weights, hookpoint, modelSlug, parent } = published;
  const at = budget ?? weights.k;
  const l0 = levels.find((level) => level.budget === at)?.l0;
  await exportSaeLens(
    weights,
    {
      modelName: modelName ?? modelSlug,
      hookpoint,
      contextLength,
      prependBos: hasBos,
      ...(corpora.length > 0 && { dataset: corpora.join(',') }),
      ...(l0 !== undefined && { l0 }),
      ...(budget !== undefined && { budget }),
    },
    folder,
  );
  console.log(`${folder}: cfg.json and sae_weights.safetensors`);
  if (parent !== null) {
    console.log(`It is a boost: what it gives is to be added to the reconstruction of ${parent}.`);
  }
}
