/** `residua evaluate`: a published dictionary, or a base with its boosts, on named corpora. */
import { mkdir, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';

import { openDatabaseUrl } from '@residua/prisma/database-url';
import { applyMigrations } from '@residua/prisma/migrate';

import { openBackend } from '../compute/backend.ts';
import { CORPORA } from '../corpus/corpora.ts';
import type { EvaluationRecord } from '../interp/trial-records.ts';
import { loadModel } from '../lm/model.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { saveTrial } from '../store/trials.ts';
import { formatTable } from './db/table.ts';
import { BOOST_DEFAULTS } from './boost/config.ts';
import { measure, measureCore, type MeasureOptions } from './evaluate/measure.ts';
import { resultsFile } from './evaluate/saebench.ts';
import { openMeasured, openReading } from './evaluate/subject.ts';
import { provenanceOf, trialOf, type TrialOptions } from './evaluate/trial.ts';
import { openModelFolder } from './model-folder.ts';
import { checkout, readSettings, type Settings } from './settings.ts';
import { parseCount } from './train-lm/options.ts';
import { saveSubject } from './train-sae/publication.ts';
import { addCountingOptions } from './train-sae/text-config.ts';
import { loadTexts } from './train-sae/texts.ts';

interface Options extends Omit<TrialOptions, 'experiment'> {
  readonly experiment?: string;
  readonly saebench?: string;
}

const parseCorpora = (text: string): string[] => {
  const known = CORPORA.map(({ slug }) => slug);
  const slugs = text.split(',');
  const strange = slugs.find((slug) => !known.includes(slug));
  if (strange === undefined) return slugs;
  throw new InvalidArgumentError(`Expected corpora of ${known.join(', ')}, got "${strange}".`);
};

export function evaluateCommand(): Command {
  const defaults = BOOST_DEFAULTS;
  const command = new Command('evaluate')
    .description(
      'Measure a published dictionary, or a base with boosts added, on held-out text of named corpora.',
    )
    .requiredOption('--dictionary <slug>', 'a dictionary, a boost, or boosts of one base joined by +')
    .requiredOption(
      '--corpora <slugs>',
      `one or more of ${CORPORA.map(({ slug }) => slug).join(', ')}`,
      parseCorpora,
    )
    .option(
      '--budgets <list>',
      'acts per token to keep (default: all; a boost is always measured in full)',
      (text) => text.split(',').map(parseCount),
    )
    .option('--model <folder>', 'folder of the model it was trained on, or its name', defaults.modelFolder)
    .option('--context-length <tokens>', 'tokens of a sequence', parseCount, defaults.contextLength)
    .option('--tokens <count>', 'tokens of each corpus', parseCount, defaults.evaluateTokens);
  return addCountingOptions(command)
    .option(
      '--metric-tokens <count>',
      'tokens of the cross-entropy metrics',
      parseCount,
      defaults.metricTokens,
    )
    .option('--saebench <folder>', "write core results there, in SAEBench's layout, a file for each corpus")
    .option('--experiment <word>', 'store the numbers as a trial of this experiment, as composition')
    .addHelpText(
      'after',
      `
EV is 1 - Σ|x - x̂|² / Σ|x - mean|² over the whole set; CE in nats per token with the reconstruction spliced in.
docs/methods/metrics.md has every formula.

  residua evaluate --dictionary prose --corpora english-prose,russian-messages --budgets 8,16,32,64
Two boosts added to their base at once, kept as a row of the composition matrix:
  residua evaluate --dictionary prose-code+prose-russian --corpora english-prose,typescript-declarations,russian-messages \\
    --experiment composition`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const settings = readSettings();
  const url = await openDatabaseUrl(settings);
  await applyMigrations(url);
  const db = openDatabase({ url, applicationName: 'residua-evaluate' });
  try {
    await evaluateAll(db, settings, options);
  } finally {
    await db.end();
  }
}

async function evaluateAll(db: Database, settings: Settings, options: Options): Promise<void> {
  const measured = await openMeasured(db, settings.home, options.dictionary);
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const modelFolder = await openModelFolder(options.model, settings.home);
  const model = await loadModel(path.resolve(checkout, modelFolder));
  if (model.sha256 !== measured.base.modelSha256) {
    throw new Error(
      `${options.model}: expected the model of ${measured.base.slug}, ${measured.base.modelSlug} with weights ` +
        `${measured.base.modelSha256}, got ${model.sha256}. Name its folder with --model.`,
    );
  }
  const shares = Object.fromEntries(options.corpora.map((slug) => [slug, 1]));
  const folder = path.join(settings.home, 'corpora');
  const texts = await loadTexts(shares, model.tokenizer, folder, () => Promise.resolve());
  const reading = openReading(backend.kernels, measured);
  const isBoost = measured.boosts.length > 0;
  const budgets = isBoost ? [measured.base.weights.k] : (options.budgets ?? [reading.k]);
  const records: EvaluationRecord[] = [];
  for (const text of texts.evaluation) {
    for (const budget of budgets) {
      const input: MeasureOptions = {
        ...{ model, hookpoint: measured.base.hookpoint, reading, isBoost, budget, text },
        contextLength: options.contextLength,
        ...{ skipFirst: options.skipFirst, maxNormRatio: options.maxNormRatio },
        tokenCount: options.tokens,
        ceTokenCount: options.metricTokens,
      };
      const record = await measure(input);
      records.push(record);
      if (options.saebench !== undefined && budget === budgets.at(-1)) {
        console.log(await writeCore(options, input, await measureCore(input, record)));
      }
    }
  }
  console.log(tableOf(records));
  if (options.experiment !== undefined) {
    const saved = await saveSubject(db, model, texts);
    const { saebench: _, ...rest } = options;
    const asked = { ...rest, experiment: options.experiment, model: modelFolder };
    const trial = trialOf(measured, asked, records);
    const provenance = await provenanceOf(db, { measured, options: asked, model, texts, backend });
    await saveTrial(db, trial, { ...saved, run: null, provenance, isRecorded: false });
    console.log(`stored as ${trial.slug}`);
  }
  reading.dispose();
  model.dispose();
}

async function writeCore(
  { saebench = '.', dictionary, ...config }: Options,
  { text }: MeasureOptions,
  { core, metrics }: Awaited<ReturnType<typeof measureCore>>,
): Promise<string> {
  await mkdir(saebench, { recursive: true });
  const file = path.join(saebench, `${dictionary}_${text.corpus}_eval_results.json`);
  const results = resultsFile({
    dictionary,
    corpus: text.corpus,
    config,
    core,
    density_F: metrics.density_F,
  });
  await writeFile(file, `${JSON.stringify(results, null, 1)}\n`);
  return file;
}

function tableOf(records: readonly EvaluationRecord[]): string {
  const rows = records.map((record) => ({
    corpus: record.corpus,
    budget: record.budget,
    EV: record.explainedVariance.toFixed(4),
    CE: record.ceSpliced.toFixed(3),
    ΔCE: record.deltaCe.toFixed(3),
    'CE recovered': record.ceRecovered?.toFixed(3) ?? null,
    KL: record.klNats.toFixed(3),
    L0: record.l0.toFixed(2),
    'residual L0': record.residualL0?.toFixed(2) ?? null,
    dead: record.deadFraction.toFixed(3),
    tokens: record.tokenCount,
  }));
  return formatTable(Object.keys(rows[0]), rows);
}
