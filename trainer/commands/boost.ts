/** `residua boost`: teaches a published dictionary a new domain without touching it, beside the baselines of the paper. */
import { Command, InvalidArgumentError } from 'commander';

import { METHODS, type MethodName } from '../boost/methods.ts';
import { CORPORA } from '../corpus/corpora.ts';
import { FOREIGN_FORMS } from '../corpus/foreign/corpus-name.ts';
import { BOOST_DEFAULTS, parseBoostConfig, type BoostConfig } from './boost/config.ts';
import { boost } from './boost/pipeline.ts';
import { openModelFolder } from './model-folder.ts';
import { askForRun, handlerOf, workOf } from './run-command.ts';
import { readSettings } from './settings.ts';
import { parseCorpus } from './train-lm/mixture.ts';
import { parseCount, parsePositive, parseSeed } from './train-lm/options.ts';
import { addHiddenOptions } from './train-sae/text-config.ts';

interface Options extends Omit<BoostConfig, 'modelFolder' | 'learningRate' | 'slug' | 'name' | 'methods'> {
  readonly slug?: string;
  readonly name?: string;
  readonly model: string;
  readonly methods: MethodName[];
  readonly learningRate?: number;
  readonly queue: boolean;
}

const parseList = (text: string): string[] => text.split(',').filter((word) => word !== '');

const parseCorpora = (text: string): string[] => parseList(text).map(parseCorpus);

function parseAmount(text: string): number {
  const decay = Number(text);
  if (text.trim() !== '' && decay >= 0) return decay;
  throw new InvalidArgumentError(`Expected a number of at least 0, got "${text}".`);
}

function parseMethods(text: string): MethodName[] {
  if (text === 'all') return [...METHODS];
  return parseList(text).map((word) => {
    const name = METHODS.find((method) => method === word);
    if (name) return name;
    throw new InvalidArgumentError(`Expected all, or methods of ${METHODS.join(', ')}; got "${word}".`);
  });
}

export function boostCommand(): Command {
  const defaults = BOOST_DEFAULTS;
  const command = new Command('boost')
    .description(
      'Teach a published dictionary a new domain: a small dictionary of what it misses there, added to it.',
    )
    .requiredOption('--base <slug>', 'published dictionary that is boosted; it stays as it is, bit for bit')
    .requiredOption(
      '--corpus <name>',
      `text of the domain: ${CORPORA.map(({ slug }) => slug).join(', ')}, ${FOREIGN_FORMS}`,
      parseCorpus,
    )
    .requiredOption('--domain <word>', 'name of the domain, as code or russian')
    .option(
      '--slug <words>',
      'address of the boost on the site; also names the run (default: <base>-<domain>)',
    )
    .option('--name <text>', 'title on its page (default: <base>, <domain>)')
    .option('--general <slugs>', 'text the base knows, which must not get worse', parseCorpora, [
      ...defaults.general,
    ])
    .option('--others <slugs>', 'more corpora to evaluate on: other domains', parseCorpora, [
      ...defaults.others,
    ])
    .option('--methods <names>', `all, or some of ${METHODS.join(', ')}`, parseMethods, [...defaults.methods])
    .option('--features <count>', 'features of the boost', parseCount, defaults.features)
    .option('--k <count>', 'acts per token on average, beside those of the base', parseCount, defaults.k)
    .option('--train-tokens <count>', 'tokens of the domain to train on', parseCount, defaults.trainTokens)
    .option('--seed <number>', 'decides first weights and order of text', parseSeed, defaults.seed)
    .option('--experiment <word>', 'what the numbers are filed under', defaults.experiment)
    .option('--variant <word>', 'file the boost as method boost-<word>: for sweeps over other settings')
    .option('--no-publish', 'store the numbers alone: for more seeds, and for sweeps')
    .option(
      '--model <folder>',
      'folder of the model the base was trained on, or its name',
      defaults.modelFolder,
    )
    .option('--context-length <tokens>', 'tokens of a sequence', parseCount, defaults.contextLength)
    .option('--batch-tokens <count>', 'rows of a training step', parseCount, defaults.batchTokens)
    .option('--buffer-tokens <count>', 'hidden states held for shuffling', parseCount, defaults.bufferTokens)
    .option('--learning-rate <number>', 'peak of Adam; by default from the recipe', parsePositive)
    .option(
      '--encoder-decay <number>',
      "AdamW's weight decay of the boost's encoder: keeps it silent on text it never saw; 0 is plain Adam",
      parseAmount,
      defaults.encoderDecay,
    )
    .option('--read-tokens <count>', 'held-out tokens of the read-out', parseCount, defaults.readTokens)
    .option(
      '--evaluate-tokens <count>',
      'tokens of each corpus to evaluate on',
      parseCount,
      defaults.evaluateTokens,
    )
    .option(
      '--metric-tokens <count>',
      'tokens of the cross-entropy metrics',
      parseCount,
      defaults.metricTokens,
    )
    .option('--passages <count>', 'windows of text to show base and boost on', parseAmount, defaults.passages)
    .option(
      '--checkpoint-every-steps <count>',
      'how much work a crash may cost',
      parseCount,
      defaults.checkpointEverySteps,
    )
    .option(
      '--report-every-steps <count>',
      'steps between two metric points',
      parseCount,
      defaults.reportEverySteps,
    );
  return addHiddenOptions(command)
    .option('--queue', 'leave it to a worker (residua work) instead of doing it here', false)
    .addHelpText(
      'after',
      `
SAE Boost (arXiv 2507.12990): the base is frozen; a BatchTopK dictionary without decoder bias reads the same hidden states
and rebuilds what the base misses. Where none of its features fires it adds exactly nothing. docs/methods/sae-boost.md

  residua train-sae --slug prose --corpora english-prose=1
  residua boost --base prose --corpus russian-messages --domain russian
With all baselines on the same text, and no page:
  residua boost --base prose --corpus russian-messages --domain russian --methods all --no-publish --slug prose-russian-all
As the base was trained: --bos, --packing, --skip-first and --max-norm-ratio are to be those of the base.
How it depends on k:
  residua boost --base prose --corpus russian-messages --domain russian --k 10 --experiment k-sensitivity \\
    --no-publish --slug prose-russian-k10

Methods: base (untouched), boost, boost-plain (as the paper has it: no encoder decay), extended-random and extended-active (new features in the base's own top-k; random, or
copies of the most active), fine-tuning (of all weights), stitching (its most changed features beside the base's),
random-decoder (control: a boost whose decoder rows stay random). All are trained on one pass and evaluated on the
domain, the general text and the others. residua trials save boost <file> keeps the numbers.

Stopped, even by kill -9, it goes on when started again with the same settings, and ends with the same weights and rows.`,
    )
    .action(run);
}

async function run({ model, queue, learningRate, ...rest }: Options): Promise<void> {
  const settings = readSettings();
  const config = parseBoostConfig({
    ...rest,
    slug: rest.slug ?? `${rest.base}-${rest.domain}`,
    name: rest.name ?? `${rest.base}, ${rest.domain}`,
    modelFolder: await openModelFolder(model, settings.home),
    learningRate: learningRate ?? null,
  });
  const asked = { slug: config.slug, kind: 'boost', name: config.name, config };
  const doneText = config.publish ? `published as ${config.slug}` : 'numbers stored';
  await askForRun({ settings, asked, queue, doneText, work });
}

const work = workOf(parseBoostConfig, boost);
export const handleBoost = handlerOf(work);
