/** `residua vectors`: sets of steering vectors and what was found out about them, shown, saved to files and read from them. */
import { Command } from 'commander';
import path from 'node:path';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import type { VectorRecord } from '../steering/record.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { loadAnalyses, loadVectors } from '../store/steering.ts';
import { formatTable } from './db/table.ts';
import { checkout, readSettings } from './settings.ts';
import { listRow, showRows } from './vectors/vector-table.ts';
import { loadRecordingFile, saveRecordingFile } from './vectors/recording-file.ts';
import { loadRecording, readRecording } from './vectors/recording.ts';

const MODELS_FOLDER = path.join(checkout, 'trainer/models');

export function vectorsCommand(): Command {
  return new Command('vectors')
    .description('Show sets of steering vectors, and keep them in files with their analyses and studies.')
    .addCommand(
      new Command('list')
        .description('Print the sets there are, with their accuracy.')
        .option('--model <slug>', 'of one model alone')
        .action(({ model }: ModelOption) => withDatabase((db) => list(db, model))),
    )
    .addCommand(
      new Command('show')
        .description('Print a set layer by layer, its scores and which analyses there are.')
        .argument('<set>', 'its slug: residua-reasoner/all-layers-seed-1, ...')
        .action((slug: string) => withDatabase((db) => show(db, slug))),
    )
    .addCommand(
      new Command('save')
        .description('Write sets with their analyses to a file; those of a whole model with its studies.')
        .argument('<file>', 'e.g. trainer/recorded/steering-residua-reasoner.json')
        .argument('[sets...]', 'slugs; all sets where none is given')
        .option('--model <slug>', 'of one model alone')
        .action((file: string, slugs: string[], { model }: ModelOption) =>
          withDatabase((db) => save(db, file, slugs, model)),
        ),
    )
    .addCommand(
      new Command('load')
        .description('Read such files; what was made here is kept.')
        .argument('<files...>', 'files that residua vectors save wrote')
        .action((files: string[]) =>
          withDatabase(async (db) => {
            for (const file of files) console.log(await load(db, file));
          }),
        ),
    )
    .addHelpText(
      'after',
      `
Loading twice changes nothing. A model that the file speaks of is put into the database where its folder is in
trainer/models. npm start loads trainer/recorded/steering-*.json.

  residua vectors list --model residua-reasoner
  residua vectors save trainer/recorded/steering-residua-reasoner.json --model residua-reasoner
  residua vectors load trainer/recorded/steering-*.json`,
    );
}

interface ModelOption {
  readonly model?: string;
}

async function list(db: Database, model?: string): Promise<void> {
  const vectors = await loadVectors(db, { model });
  if (vectors.length === 0) throw new Error(await nothing(db, `of model ${model ?? 'any'}`));
  const rows = vectors.map(listRow);
  console.log(formatTable(Object.keys(rows[0]), rows));
}

async function show(db: Database, slug: string): Promise<void> {
  const vector = await findVector(db, slug);
  const { about, layers, scores } = showRows(vector);
  console.log(about);
  for (const rows of [layers, scores]) console.log(`\n${formatTable(Object.keys(rows[0]), rows)}`);
  const kinds = (await loadAnalyses(db, { slugs: [slug] })).map(({ kind }) => kind);
  console.log(`\nanalyses: ${kinds.join(', ') || 'none yet: residua steer analyse makes some'}`);
}

async function findVector(db: Database, slug: string): Promise<VectorRecord> {
  const [vector] = await loadVectors(db, { slugs: [slug] });
  if (vector) return vector;
  throw new Error(await nothing(db, `with slug ${slug}`));
}

async function save(db: Database, file: string, slugs: readonly string[], model?: string): Promise<void> {
  const recording = await readRecording(db, { model, ...(slugs.length > 0 ? { slugs } : {}) });
  const found = new Set(recording.vectors.map(({ slug }) => slug));
  const missing = slugs.find((slug) => !found.has(slug));
  if (missing !== undefined) throw new Error(await nothing(db, `with slug ${missing}`));
  if (found.size === 0) throw new Error(await nothing(db, `of model ${model ?? 'any'}`));
  await saveRecordingFile(file, recording);
  const { vectors, analyses, studies } = recording;
  console.log(
    `${vectors.length} sets, ${analyses.length} analyses and ${studies.length} studies are in ${file}`,
  );
}

async function load(db: Database, file: string): Promise<string> {
  const { vectors, analyses, studies, kept } = await loadRecording(
    db,
    await loadRecordingFile(file),
    MODELS_FOLDER,
  );
  const left = kept > 0 ? `, ${kept} that are of this database left as they are` : '';
  return `${file}: ${vectors} sets, ${analyses} analyses and ${studies} studies loaded${left}`;
}

async function nothing(db: Database, what: string): Promise<string> {
  const { rows } = await db.query<{ slug: string }>(
    'SELECT slug FROM steering_vector ORDER BY slug LIMIT 20',
  );
  const known = rows.map(({ slug }) => slug).join(', ') || 'none yet';
  return `Vectors: expected a set ${what}, got none. There are ${known}. residua steer train makes some.`;
}

async function withDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  const url = await openDatabaseUrl(readSettings());
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-vectors' });
  try {
    await work(db);
  } finally {
    await db.end();
  }
}
