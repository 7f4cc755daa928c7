/** `residua budget-curve`: one hierarchical dictionary against one of every other kind for every budget, on the same text. */
import { Command, InvalidArgumentError } from 'commander';

import { FIT_KINDS, type FitKind } from '../sae/kinds.ts';
import {
  BUDGET_CURVE_DEFAULTS,
  parseBudgetCurveConfig,
  type BudgetCurveConfig,
} from './budget-curve/config.ts';
import { budgetCurve } from './budget-curve/pipeline.ts';
import { openModelFolder } from './model-folder.ts';
import { askForRun, handlerOf, workOf } from './run-command.ts';
import { readSettings } from './settings.ts';
import { parseMixture } from './train-lm/mixture.ts';
import { parseCount, parsePositive, parseSeed } from './train-lm/options.ts';
import { addHiddenOptions } from './train-sae/text-config.ts';

interface Options extends Omit<BudgetCurveConfig, 'modelFolder' | 'learningRate' | 'slug' | 'name'> {
  readonly slug?: string;
  readonly name?: string;
  readonly model: string;
  readonly learningRate?: number;
  readonly queue: boolean;
}

const parseBudgets = (text: string): number[] => text.split(',').map(parseCount);

function parseKinds(text: string): FitKind[] {
  return text.split(',').map((word) => {
    const kind = FIT_KINDS.find((name) => name === word);
    if (kind) return kind;
    throw new InvalidArgumentError(`Expected kinds of ${FIT_KINDS.join(', ')}; got "${word}".`);
  });
}

export function budgetCurveCommand(): Command {
  const defaults = BUDGET_CURVE_DEFAULTS;
  const command = new Command('budget-curve')
    .description(
      'Compare one hierarchical dictionary with dictionaries of other kinds, one for each budget: the numbers of the Pareto page.',
    )
    .option('--slug <words>', 'names the run (default: budget-curve-<seed>)')
    .option('--name <text>', 'title of the run (default: Budget curve, seed <seed>)')
    .option('--kinds <names>', `some of ${FIT_KINDS.join(', ')}`, parseKinds, [...defaults.kinds])
    .option('--budgets <list>', 'acts per token, ascending', parseBudgets, [...defaults.budgets])
    .option('--features <count>', 'features F of each', parseCount, defaults.features)
    .option('--train-tokens <count>', 'tokens to train all of them on', parseCount, defaults.trainTokens)
    .option('--seed <number>', 'decides first weights and order of text', parseSeed, defaults.seed)
    .option('--experiment <word>', 'what the numbers are filed under', defaults.experiment)
    .option('--model <folder>', 'folder of a model, or its name', defaults.modelFolder)
    .option('--hookpoint <name>', 'where to read', defaults.hookpoint)
    .option('--corpora <shares>', 'corpus=share,...', parseMixture, defaults.corpora)
    .option('--context-length <tokens>', 'tokens of a sequence', parseCount, defaults.contextLength)
    .option('--batch-tokens <count>', 'rows of a training step', parseCount, defaults.batchTokens)
    .option('--buffer-tokens <count>', 'hidden states held for shuffling', parseCount, defaults.bufferTokens)
    .option('--learning-rate <number>', 'peak of Adam; by default from the recipe', parsePositive)
    .option(
      '--evaluate-tokens <count>',
      'held-out tokens of each corpus',
      parseCount,
      defaults.evaluateTokens,
    )
    .option(
      '--metric-tokens <count>',
      'tokens of the cross-entropies: each dictionary is a forward pass at every budget',
      parseCount,
      defaults.metricTokens,
    )
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
HierarchicalTopK (arXiv 2505.24473) is fitted once, at the largest budget, and read at every one; topk, batch-topk, jumprelu
and matryoshka-batch-topk once for every budget. All see the same batches of hidden states in one pass, so a curve is one run.
A TopK is read at all the budgets, to show what it loses away from its own k; where thresholds choose (batch-topk, jumprelu)
each is read as it is, and its L0 says how many acts that took. docs/methods/hierarchical-topk.md, dictionary-kinds.md

  residua budget-curve --seed 0
A try of a minute:
  residua budget-curve --slug small-curve --features 512 --budgets 4,16 --kinds hierarchical-topk,topk --train-tokens 60000 \\
    --buffer-tokens 8192 --experiment small-curve
Three seeds for a mean and its spread, then the table:
  for seed in 0 1 2; do residua budget-curve --seed $seed; done; residua trials show budget-curve

Stopped, even by kill -9, it goes on when started again with the same settings, and ends with the same weights and rows.`,
    )
    .action(run);
}

async function run({ model, queue, learningRate, ...rest }: Options): Promise<void> {
  const settings = readSettings();
  const config = parseBudgetCurveConfig({
    ...rest,
    slug: rest.slug ?? `${rest.experiment}-${rest.seed}`,
    name: rest.name ?? `Budget curve, seed ${rest.seed}`,
    modelFolder: await openModelFolder(model, settings.home),
    learningRate: learningRate ?? null,
  });
  const asked = { slug: config.slug, kind: 'budget-curve', name: config.name, config };
  const doneText = 'numbers stored';
  await askForRun({ settings, asked, queue, doneText, work });
}

const work = workOf(parseBudgetCurveConfig, budgetCurve);
export const handleBudgetCurve = handlerOf(work);
