/** `residua import`: a dictionary of somebody else, from its files to published pages. */
import { Command, Option } from 'commander';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { PACKINGS } from '../corpus/token-layout.ts';
import { loadConfig } from '../lm/model.ts';
import { importDictionary } from '../sae/formats/import-dictionary.ts';
import { loadRun, reviseRun, type NewRun } from '../store/runs.ts';
import type { Database } from '../store/database.ts';
import { IMPORT_DEFAULTS, parseImportConfig, slugOf, SPLITS, type ImportConfig } from './import/config.ts';
import { expectFits } from './import/fits-model.ts';
import { importRun } from './import/pipeline.ts';
import { optionsOf } from './import/take-in.ts';
import { openModelFolder } from './model-folder.ts';
import { askForRun, handlerOf, workOf } from './run-command.ts';
import { checkout, readSettings, type Settings } from './settings.ts';
import { parseMixture } from './train-lm/mixture.ts';
import { parseCount, parseIndex, parsePositive, parseSeed } from './train-lm/options.ts';

interface Options {
  readonly model: string;
  readonly slug?: string;
  readonly name?: string;
  readonly hookpoint?: string;
  readonly modelName?: string;
  readonly bos: ImportConfig['bos'];
  readonly k?: number;
  readonly inputScale?: number;
  readonly dictClass?: string;
  readonly unchecked: boolean;
  readonly corpora: ImportConfig['corpora'];
  readonly contextLength: number;
  readonly packing?: ImportConfig['packing'];
  readonly skipFirst?: number;
  readonly split?: ImportConfig['split'];
  readonly readTokens: number;
  readonly metricTokens: number;
  readonly seed: number;
  readonly queue: boolean;
}

export function importCommand(): Command {
  const defaults = IMPORT_DEFAULTS;
  return new Command('import')
    .description('Bring in a dictionary trained elsewhere: check it, read it out on text, publish it.')
    .argument('<source>', 'folder or file of one dictionary')
    .option('--model <name>', 'model it was trained on: a folder, or the name of one', defaults.modelFolder)
    .option(
      '--slug <words>',
      'address of the dictionary on the site; also names the run (default: from its path)',
    )
    .option('--name <text>', 'title on its page (default: the slug)')
    .option('--hookpoint <name>', 'where to read, as layers.2.residual.post (default: as the source says)')
    .option('--model-name <name>', 'what the source calls the model, where that is not its folder here')
    .addOption(
      new Option(
        '--bos <when>',
        "whether windows begin with the model's end-of-text token; auto: as the source says",
      )
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--k <count>', 'acts kept of a token at most, where the source does not say', parseCount)
    .option(
      '--input-scale <number>',
      'factor of the inputs in training that the files do not hold',
      parsePositive,
    )
    .option('--dict-class <name>', "dictionary_learning's class, where no config.json says it")
    .option('--unchecked', 'take it even where the self-check speaks against it', false)
    .option('--corpora <shares>', 'text to read it out on: corpus=share,...', parseMixture, defaults.corpora)
    .option('--context-length <tokens>', 'tokens of a window', parseCount, defaults.contextLength)
    .addOption(
      new Option(
        '--packing <way>',
        'documents one after the other, or one per window (default: joined)',
      ).choices(PACKINGS),
    )
    .option(
      '--skip-first <tokens>',
      'first tokens of a window that are not counted (default: 1; none behind --bos)',
      parseIndex,
    )
    .addOption(
      new Option(
        '--split <which>',
        'held-out: the tenth of the corpora that is kept from fits here, where it was fitted on the rest (default: whole)',
      ).choices(SPLITS),
    )
    .option('--read-tokens <count>', 'tokens of the read-out', parseCount, defaults.readTokens)
    .option(
      '--metric-tokens <count>',
      'tokens of the cross-entropy metrics',
      parseCount,
      defaults.metricTokens,
    )
    .option('--seed <number>', 'decides which examples are drawn', parseSeed, defaults.seed)
    .option('--queue', 'leave it to a worker (residua work) instead of doing it here', false)
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
The files tell the format: SAELens directories (every version), Gemma Scope (params.npz, params.safetensors), sparsify,
dictionary_learning (ae.pt), OpenAI (.pt), Llama Scope. Nothing in them is ever run. docs/formats.md tells what is folded.

  residua import ~/saes/blocks.8.hook_resid_pre --model gpt2
  residua import ~/saes/ae.pt --model pythia-70m --hookpoint layers.3.residual.post --dict-class AutoEncoderTopK

A model is a folder with config.json, model.safetensors and tokenizer.json; a name is looked for in models/ of RESIDUA_HOME.

First it is tried on 2,048 tokens. It is refused where it explains less than nothing (a wrong hookpoint; inputs normalised
twice or not at all) or keeps three times the acts that its source says, or a third of them (a lost threshold; a lost
scale); the refusal says which hookpoint or --input-scale would do. --unchecked takes it all the same.

Stopped, even by kill -9, it goes on when started again with the same settings. Done, it is not done again: another
read-out needs another --slug. One that failed may be asked for again with other settings.`;

async function run(source: string, { model, slug, name, queue, ...rest }: Options): Promise<void> {
  const settings = readSettings();
  const address = slug ?? slugOf(path.resolve(source));
  const config = parseImportConfig({
    ...rest,
    slug: address,
    name: name ?? address,
    source: path.resolve(source),
    modelFolder: await openModelFolder(model, settings.home),
    hookpoint: rest.hookpoint ?? null,
    modelName: rest.modelName ?? null,
    k: rest.k ?? null,
    inputScale: rest.inputScale ?? null,
    dictClass: rest.dictClass ?? null,
  });
  const asked = { slug: config.slug, kind: 'import', name: config.name, config };
  const doneText = `published as ${config.slug}`;
  await askForRun({
    settings,
    asked,
    queue,
    doneText,
    work,
    check: async (db) => {
      if (!(await loadRun(db, config.slug))) await expectImportable(config);
      await revise(db, asked, settings);
    },
  });
}

/** What cannot be read, or is another model's, is refused before a row is written. */
async function expectImportable(config: ImportConfig): Promise<void> {
  const model = await loadConfig(path.resolve(checkout, config.modelFolder));
  const imported = await importDictionary(config.source, optionsOf(config));
  expectFits(imported, { ...config, modelSlug: path.basename(config.modelFolder), model });
}

/** A failed one that is asked for otherwise begins anew: what it took in is of the settings before. */
async function revise(db: Database, asked: NewRun, settings: Settings): Promise<void> {
  if (await reviseRun(db, asked)) {
    await rm(path.join(settings.home, 'runs', asked.slug), { recursive: true, force: true });
  }
}

const work = workOf(parseImportConfig, importRun);
export const handleImport = handlerOf(work);
