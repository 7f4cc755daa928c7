/** `residua train-sae`: a dictionary from text to published pages, here and now or through the queue. */
import { Command, Option } from 'commander';
import path from 'node:path';

import { openBackend } from '../compute/backend.ts';
import { toHookpoint } from '../lm/hookpoints.ts';
import { loadConfig } from '../lm/model.ts';
import { FIT_KINDS, largestBudget } from '../sae/kinds.ts';
import { demoConfig } from './demo.ts';
import { checkMemory, plannedBackend, readMemoryRoom } from './memory-plan.ts';
import { openModelFolder } from './model-folder.ts';
import { askForRun, handlerOf, workOf } from './run-command.ts';
import { checkout, readSettings, type Settings } from './settings.ts';
import { budgetsUpTo, parseTrainSaeConfig, type TrainSaeConfig } from './train-sae/config.ts';
import { planTrainSae } from './train-sae/memory.ts';
import { expectSuits, trainSae } from './train-sae/pipeline.ts';
import { addHiddenOptions } from './train-sae/text-config.ts';
import { parseCount, parsePositive, parseSeed } from './train-lm/options.ts';
import { parseMixture } from './train-lm/mixture.ts';

interface Options extends Omit<TrainSaeConfig, 'modelFolder' | 'learningRate' | 'budgets'> {
  readonly model: string;
  readonly budgets?: number[];
  readonly learningRate?: number;
  readonly queue: boolean;
}

const parseBudgets = (text: string): number[] => text.split(',').map(parseCount);

export function trainSaeCommand(): Command {
  const demo = demoConfig;
  const command = new Command('train-sae')
    .description('Train a feature dictionary on the hidden states of a model, read it out and publish it.')
    .option('--slug <words>', 'address of the dictionary on the site; also names the run', demo.slug)
    .option('--name <text>', 'title on its page', demo.name)
    .option(
      '--model <name>',
      'folder with config.json, model.safetensors, tokenizer.json; or org/name[@revision] on the Hugging Face hub',
      demo.modelFolder,
    )
    .option(
      '--hookpoint <name>',
      'where to read: embed, layers.N.residual.pre|mid|post, layers.N.attention.out, layers.N.mlp.out; or as ' +
        'TransformerLens or Hugging Face name it',
      demo.hookpoint,
    )
    .addOption(
      new Option('--kind <kind>', 'how acts are picked; hierarchical-topk is good at every budget')
        .choices(FIT_KINDS)
        .default(demo.kind),
    )
    .addOption(
      new Option(
        '--sparsity-loss <name>',
        "jumprelu: step-l0 (default) aims at k acts; tanh is Anthropic's, as sparse as its coefficient makes it",
      ).choices(['step-l0', 'tanh']),
    )
    .option('--sparsity-coefficient <number>', 'jumprelu: weight of that loss', parsePositive)
    .option('--features <count>', 'features F, the main dial', parseCount, demo.features)
    .option(
      '--k <count>',
      'acts kept per token: at most, or on average where thresholds choose',
      parseCount,
      demo.k,
    )
    .option(
      '--budgets <list>',
      'budgets to report, ascending up to k, or 4 k where thresholds choose (default: 4,8,16,... and that)',
      parseBudgets,
    )
    .option(
      '--corpora <shares>',
      'corpus=share,...; a corpus is one of the installed, file:<path> (.txt, .jsonl, .parquet, a folder) or ' +
        'hf:<dataset>[/config][:split]',
      parseMixture,
      demo.corpora,
    )
    .option('--context-length <tokens>', 'tokens of a sequence', parseCount, demo.contextLength)
    .option('--train-tokens <count>', 'tokens to train on', parseCount, demo.trainTokens)
    .option('--batch-tokens <count>', 'rows of a training step', parseCount, demo.batchTokens)
    .option('--buffer-tokens <count>', 'hidden states held for shuffling', parseCount, demo.bufferTokens)
    .option('--learning-rate <number>', 'peak of Adam; by default from the recipe', parsePositive)
    .option('--read-tokens <count>', 'held-out tokens of the read-out', parseCount, demo.readTokens)
    .option('--metric-tokens <count>', 'tokens of the cross-entropy metrics', parseCount, demo.metricTokens)
    .option(
      '--checkpoint-every-steps <count>',
      'how much work a crash may cost',
      parseCount,
      demo.checkpointEverySteps,
    )
    .option(
      '--report-every-steps <count>',
      'steps between two metric points',
      parseCount,
      demo.reportEverySteps,
    )
    .option('--seed <number>', 'decides first weights and order of text', parseSeed, demo.seed);
  return addHiddenOptions(command)
    .option('--queue', 'leave it to a worker (residua work) instead of doing it here', false)
    .addHelpText(
      'after',
      `
Stopped, even by kill -9, it goes on when started again with the same settings, and ends with the same weights and rows.

A try of half a minute:
  residua train-sae --slug small --features 512 --k 16 --budgets 4,8,16 --train-tokens 100000 --read-tokens 30000 \\
    --metric-tokens 8000 --buffer-tokens 8192
One TopK dictionary to compare with:
  residua train-sae --slug topk-32 --name 'TopK 32' --kind topk --k 32
A real model on real text, with hidden states kept for the next dictionary (needs a network once):
  residua train-sae --slug qwen --name 'Qwen 0.5B' --model Qwen/Qwen2.5-0.5B --hookpoint layers.12.residual.post \\
    --corpora hf:HuggingFaceFW/fineweb-edu/sample-10BT:train=1 --max-norm-ratio 10 --cache bf16
One that learns a threshold for every feature, 32 acts on average:
  residua train-sae --slug jumprelu-32 --name 'JumpReLU 32' --kind jumprelu --k 32`,
    )
    .action(run);
}

async function run({ model, queue, learningRate, budgets, ...rest }: Options): Promise<void> {
  const settings = readSettings();
  const config = parseTrainSaeConfig({
    ...rest,
    budgets: budgets ?? budgetsUpTo(largestBudget(rest.kind, rest.k, rest.features)),
    modelFolder: await openModelFolder(model, settings.home),
    hookpoint: toHookpoint(rest.hookpoint),
    learningRate: learningRate ?? null,
  });
  if (!queue) await expectRunnable(config, settings);
  const asked = { slug: config.slug, kind: 'train-sae', name: config.name, config };
  const doneText = `published as ${config.slug}`;
  await askForRun({ settings, asked, queue, doneText, work });
}

/** What cannot work here is refused before a row is written; a run left to a worker is its to judge. */
async function expectRunnable(config: TrainSaeConfig, settings: Settings): Promise<void> {
  const model = await loadConfig(path.resolve(checkout, config.modelFolder));
  expectSuits(config, model);
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  checkMemory(planTrainSae(config, model, plannedBackend(backend)), readMemoryRoom(backend), () => {});
}

const work = workOf(parseTrainSaeConfig, trainSae);
export const handleTrainSae = handlerOf(work);
