/** `residua steer train`: steering vectors by reinforcement learning, and the baselines they are compared with. */
import { Command, InvalidArgumentError, Option } from 'commander';
import path from 'node:path';

import { loadConfig } from '../../lm/model.ts';
import { checkLayers } from '../../steering/applied-vectors.ts';
import { ADAPTERS, PLACES, REWARDS } from '../../steering/record.ts';
import { openModelFolder } from '../model-folder.ts';
import { askForRun, handlerOf, workOf } from '../run-command.ts';
import { checkout, readSettings } from '../settings.ts';
import { parseCount, parseIndex, parsePositive, parseSeed } from '../train-lm/options.ts';
import { parseSteerConfig, STEER_DEFAULTS, toSlug, type SteerConfig } from './config.ts';
import { openProblems } from './problem-sets.ts';
import { trainSteering } from './training.ts';

interface Options extends Omit<SteerConfig, 'slug' | 'vector' | 'name' | 'modelFolder'> {
  readonly model: string;
  readonly name?: string;
  readonly queue: boolean;
}

const layersOf = (text: string): SteerConfig['layers'] =>
  text === 'all' ? 'all' : text.split(',').map(parseIndex);

function parseNorms(text: string): number[] {
  const norms = text.split(',').map(Number);
  if (norms.every((norm) => norm >= 0 && norm < Infinity)) return norms;
  throw new InvalidArgumentError(`Expected numbers from 0 with commas between, got "${text}".`);
}

export function steerTrainCommand(): Command {
  const defaults = STEER_DEFAULTS;
  return new Command('train')
    .description('Train vectors that make right answers likelier, by reinforcement learning (RLOO).')
    .argument('<slug>', 'address of the set behind the name of the model; also names the run')
    .option('--name <text>', 'title on its page (default: the slug)')
    .option('--model <folder>', 'folder of the model, its name, or org/name on the hub', defaults.modelFolder)
    .option(
      '--problems <file>',
      "JSON Lines of question and answer, or reasoner: the reasoner's own",
      defaults.problems,
    )
    .option('--test-problems <file>', 'more held-out ones, beside lines with another testSet than train')
    .option('--test-count <count>', 'problems of each held-out set', parseCount, defaults.testCount)
    .option('--test-samples <count>', 'responses to each of them', parseCount, defaults.testSamples)
    .addOption(new Option('--adapter <kind>', 'what is trained').choices(ADAPTERS).default(defaults.adapter))
    .option('--layers <list>', 'all, or layers from 0 with commas between', layersOf, defaults.layers)
    .addOption(
      new Option('--place <name>', 'where vectors are added').choices(PLACES).default(defaults.place),
    )
    .option('--rank <count>', 'of rank (default: 1) and lora (default: 4)', parseCount)
    .option('--norms <list>', 'random alone: norm of the vector of each layer', parseNorms)
    .addOption(
      new Option('--reward <kind>', 'exact, or a coin as a control')
        .choices(REWARDS)
        .default(defaults.reward),
    )
    .option('--rate <number>', 'learning rate of every layer (default: by kind and depth)', parsePositive)
    .option('--steps <count>', 'updates', parseCount, defaults.steps)
    .option('--prompts <count>', 'problems of a step', parseCount, defaults.prompts)
    .option(
      '--generations <count>',
      'responses to each, compared with each other',
      parseCount,
      defaults.generations,
    )
    .option('--max-tokens <count>', 'of a response', parseCount, defaults.maxTokens)
    .option('--temperature <number>', 'of sampling', parsePositive, defaults.temperature)
    .option(
      '--checkpoint-every-steps <count>',
      'how much work a crash may cost',
      parseCount,
      defaults.checkpointEverySteps,
    )
    .option('--seed <number>', 'decides the order of problems and what is sampled', parseSeed, defaults.seed)
    .option('--queue', 'leave it to a worker (residua work) instead of doing it here', false)
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
"Small Vectors, Big Effects" (arXiv 2509.06608): of several responses to one prompt those with a right answer are made
likelier, by a vector added to the residual stream of each layer and nothing else. docs/methods/steering.md

Adapters: vectors (one for each layer), rank (those as a product of two small matrices), adaptive (one layer, a direction
scaled token by token), lora and full (baselines: no vectors, only numbers), random (not trained; a control).

  residua steer train all-seed-1
One layer, and a control:
  residua steer train layer-4-seed-1 --layers 4
  residua steer train all-coin-seed-1 --reward random
Another model and problems of your own, {"question": ..., "answer": ...} a line, held-out ones with "testSet": "test":
  residua steer train mine --model Qwen/Qwen2.5-0.5B --problems problems.jsonl --max-tokens 512 --prompts 4 --rate 0.001

Stopped, even by kill -9, it goes on when started again with the same settings, and ends with the same vectors.`;

async function run(vector: string, { model, name, queue, ...rest }: Options): Promise<void> {
  const settings = readSettings();
  const modelFolder = await openModelFolder(model, settings.home);
  const config = parseSteerConfig({
    ...rest,
    ...{ vector, modelFolder, name: name ?? vector, slug: `${toSlug(path.basename(modelFolder))}-${vector}` },
    problems: absolute(rest.problems),
    testProblems: rest.testProblems ? absolute(rest.testProblems) : null,
    ...{ rank: rest.rank ?? null, norms: rest.norms ?? null, rate: rest.rate ?? null },
  });
  await expectRunnable(config);
  const asked = { slug: config.slug, kind: 'steer-train', name: config.name, config };
  await askForRun({ settings, asked, queue, doneText: `trained ${vector}`, work });
}

/** A path holds for a worker in another folder, too. */
const absolute = (problems: string): string =>
  problems === STEER_DEFAULTS.problems ? problems : path.resolve(problems);

/** What cannot work is refused before a row is written. */
async function expectRunnable(config: SteerConfig): Promise<void> {
  const { layerCount } = await loadConfig(path.resolve(checkout, config.modelFolder));
  if (config.layers !== 'all') checkLayers(config.layers, layerCount);
  await openProblems(config);
}

const work = workOf(parseSteerConfig, trainSteering);
export const handleSteerTrain = handlerOf(work);
