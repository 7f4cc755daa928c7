/** `residua lime`: what routers over earlier layers are worth, measured on this machine. */
import { performance } from 'node:perf_hooks';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openBackend } from '../compute/backend.ts';
import { STUDY_PARTS, type LimeStudy, type StudyPart } from '../lime/study.ts';
import { writeJson } from './kept.ts';
import { studyAblation } from './lime/ablation.ts';
import { studyArithmetic } from './lime/arithmetic.ts';
import type { StudyBench } from './lime/bench.ts';
import { studyCollapse } from './lime/collapse.ts';
import { openModels, type LanguageModelBench } from './lime/language-models.ts';
import { studyLoss } from './lime/loss.ts';
import { studyRouters } from './lime/routers.ts';
import { STEP_TIMING } from './lime/step-times.ts';
import { checkout, readSettings } from './settings.ts';
import { parseCount, parsePositive } from './train-lm/options.ts';

interface Options {
  readonly part: StudyPart;
  readonly seeds: readonly number[];
  readonly layers: readonly number[];
  readonly steps?: number;
  readonly rows?: number;
  readonly rate?: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly mlp: number;
  readonly context: number;
  readonly tokenizer: string;
  readonly out?: string;
}

/** Sized for three quarters of an hour on two cores, all parts together: small batches, for many steps count here. */
const ARITHMETIC = { steps: 3000, rows: 64, rate: 3e-3 };
const MODELS = { steps: 220, rows: 16, rate: 2e-3 };

export function limeCommand(): Command {
  return new Command('lime')
    .description(
      'Study LIMe: attention that reads the keys and values of all earlier layers through routers.',
    )
    .addCommand(
      new Command('study')
        .description(
          'Train models with routers and without, compare them, write what was measured to a file.',
        )
        .addOption(new Option('--part <part>', 'what to study').choices(STUDY_PARTS).makeOptionMandatory())
        .option('--seeds <numbers>', 'one run for each', parseNumbers, [1, 2, 3])
        .option('--layers <counts>', 'depths of the language models', parseNumbers, [4, 8])
        .option('--steps <count>', 'optimiser steps of a run (arithmetic 3000, models 220)', parseCount)
        .option('--rows <count>', 'sequences per step (arithmetic 64, models 16)', parseCount)
        .option('--rate <number>', 'peak learning rate (arithmetic 0.003, models 0.002)', parsePositive)
        .option('--width <count>', 'width D of the language models', parseCount, 128)
        .option('--heads <count>', 'query heads', parseCount, 4)
        .option('--kv-heads <count>', 'key and value heads (as many as query heads)', parseCount)
        .option('--mlp <count>', 'width of the MLP', parseCount, 320)
        .option('--context <tokens>', 'tokens per sequence', parseCount, 128)
        .option('--tokenizer <folder>', 'with a tokenizer.json', 'trainer/models/residua-demo')
        .option('--out <file>', 'default: trainer/recorded/lime-<part>.json')
        .addHelpText('after', HELP)
        .action(study),
    );
}

const HELP = `
Parts: arithmetic (expressions worked out step by step), loss (by tokens and by FLOPs), collapse (entropy and separability
by layer), routers (where they look, what can be pruned), ablation (routers that read less). collapse, routers and
ablation take the models of loss where the sizes are the same; the last depth given is the one ablated. A run that ended
is kept in RESIDUA_HOME/lime and not run again; one that was killed goes on.

A try of a minute:  residua lime study --part loss --layers 2 --width 32 --heads 2 --mlp 64 --steps 20 --out /tmp/loss.json`;

async function study(options: Options): Promise<void> {
  const settings = readSettings();
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const bench: StudyBench = {
    backend,
    seeds: options.seeds,
    folder: path.join(settings.home, 'lime'),
    timing: STEP_TIMING,
    command: commandOf(options),
    say: (line) => console.log(line),
    now: () => performance.now(),
  };
  console.log(`${options.part}: ${backend.name} (${backend.device}, ${backend.threads} threads)`);
  const record = await measure(bench, options, path.join(settings.home, 'corpora'));
  const file = options.out ?? path.join(checkout, 'trainer/recorded', `lime-${options.part}.json`);
  await writeJson(file, record);
  console.log(`${file} holds the study: ${record.provenance.seconds} s`);
}

async function measure(bench: StudyBench, options: Options, corpora: string): Promise<LimeStudy> {
  if (options.part === 'arithmetic')
    return studyArithmetic(bench, { ...ARITHMETIC, ...pickTraining(options) });
  const models = await openStudyModels(bench, options, corpora);
  switch (options.part) {
    case 'loss':
      return studyLoss(models, options.layers);
    case 'collapse':
      return studyCollapse(models, options.layers);
    case 'routers':
      return studyRouters(models, options.layers);
    case 'ablation':
      return studyAblation(models, options.layers[options.layers.length - 1]);
    default:
      return options.part satisfies never;
  }
}

function openStudyModels(bench: StudyBench, options: Options, corpora: string): Promise<LanguageModelBench> {
  const { width, heads, kvHeads = heads, mlp, context } = options;
  const plan = { ...MODELS, ...pickTraining(options), width, heads, kvHeads, mlp, context };
  return openModels(bench, plan, { tokenizer: options.tokenizer, corpora });
}

/** What was given of it. */
function pickTraining({ steps, rows, rate }: Options): Partial<typeof MODELS> {
  return { ...(steps && { steps }), ...(rows && { rows }), ...(rate && { rate }) };
}

function parseNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new InvalidArgumentError(`Expected whole numbers above 0 with commas between, got "${text}".`);
}

function commandOf(options: Options): string {
  const { out: _, ...given } = options;
  const flags = Object.entries(given).map(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `--${flag} ${String(value)}`;
  });
  return ['residua lime study', ...flags].join(' ');
}
