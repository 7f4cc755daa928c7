/** `residua steer study`: everything that the page on steering vectors shows, trained and measured into one file. */
import { performance } from 'node:perf_hooks';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { openBackend } from '../../compute/backend.ts';
import {
  STUDY_PARTS,
  type AdapterKind,
  type Analysis,
  type SteeringPart,
  type SteeringStudy,
} from '../../steering/record.ts';
import { STEERING_DEFAULTS } from '../../steering/settings.ts';
import { checkout, readSettings } from '../settings.ts';
import { parseCount } from '../train-lm/options.ts';
import { saveRecordingFile } from '../vectors/recording-file.ts';
import { MEASURE_SEED, openSteerBench, type SteerBench, type SteerMachine } from './bench.ts';
import { STEER_DEFAULTS } from './config.ts';
import { openProblems } from './problem-sets.ts';
import { createFeatureSources, FEATURE_PLAN } from './generation-features.ts';
import { ANALYSIS_PLAN, kindsFor, runAnalyses } from './run-analyses.ts';
import {
  CONDITIONS,
  studyAccuracy,
  studyGainCurve,
  studyPairs,
  studyTransfer,
  type Condition,
  type StudyBench,
} from './study-parts.ts';
import { trainingFolder, type StudyPlan, type Trained } from './study-training.ts';

interface Options extends StudyPlan {
  readonly part: SteeringPart | 'all';
  readonly model: string;
  readonly siblings: readonly string[];
  readonly problems: string;
  readonly testCount: number;
  readonly testSamples: number;
  readonly seeds: readonly number[];
  readonly layerSeeds?: readonly number[];
  readonly conditions: readonly Condition[];
  readonly analyses: boolean;
  readonly out: string;
}

export function steerStudyCommand(): Command {
  const defaults = STEERING_DEFAULTS;
  return new Command('study')
    .description(
      'Train vectors, baselines and controls, compare and analyse them, write everything to a file.',
    )
    .addOption(new Option('--part <part>', 'what to study').choices([...STUDY_PARTS, 'all']).default('all'))
    .option('--model <folder>', 'folder of the model, its name, or org/name on the hub', 'residua-reasoner')
    .option('--siblings <models>', 'of its family, for transfer, with commas between', parseNames, SIBLINGS)
    .option('--problems <file>', "JSON Lines, or reasoner: the reasoner's own", STEER_DEFAULTS.problems)
    .option('--test-count <count>', 'problems of each held-out set', parseCount, STEER_DEFAULTS.testCount)
    .option('--test-samples <count>', 'responses to each of them', parseCount, STEER_DEFAULTS.testSamples)
    .option('--seeds <numbers>', 'one training of each kind for each', parseNumbers, [1, 2, 3])
    .option(
      '--layer-seeds <numbers>',
      'of the layers alone: gain-curve and pairs (default: as --seeds)',
      parseNumbers,
    )
    .option('--conditions <names>', `of accuracy: ${CONDITIONS.join(', ')}`, parseConditions, [...CONDITIONS])
    .option('--steps <count>', 'updates of each training', parseCount, defaults.stepTotal)
    .option('--prompts <count>', 'problems of a step', parseCount, defaults.prompts)
    .option('--generations <count>', 'responses to each', parseCount, defaults.generations)
    .option('--max-tokens <count>', 'of a response', parseCount, defaults.maxTokens)
    .option('--no-analyses', 'leave out what is found out about single sets')
    .option('--out <file>', 'where to write', path.join(checkout, 'trainer/recorded/steering-study.json'))
    .addHelpText('after', HELP)
    .action(study);
}

const SIBLINGS = ['residua-reasoner-steps', 'residua-reasoner-terse'];

const HELP = `
Parts: accuracy (vectors, full fine-tuning, LoRA, random reward, random vectors, rank 1, adaptive), gain-curve (each layer
alone), pairs (two of those together), transfer (between siblings). Analyses are of the first seed's sets. A training or an
analysis that ended is kept in RESIDUA_HOME/steering and not run again; one that was killed goes on.

A try of some minutes:  residua steer study --part accuracy --seeds 1 --steps 5 --test-count 20 --no-analyses --out /tmp/study.json`;

async function study(options: Options): Promise<void> {
  const settings = readSettings();
  const backend = await openBackend({ name: settings.backend, threads: settings.threads });
  const machine: SteerMachine = {
    backend,
    folder: path.join(settings.home, 'steering'),
    command: commandOf(options),
    say: (line) => console.log(line),
    now: () => performance.now(),
  };
  console.log(`${options.part}: ${backend.name} (${backend.device}, ${backend.threads} threads)`);
  const open = (model: string) => openStudied(machine, model, settings.home, options);
  const bench = await open(options.model);
  const { steps, prompts, generations, maxTokens } = options;
  const studying: StudyBench = {
    bench,
    plan: { steps, prompts, generations, maxTokens },
    seeds: options.seeds,
  };
  const [studies, trained] = await runParts(studying, options, open);
  const analyses = options.analyses ? await analyseSets(studying, trained) : [];
  const vectors = trained.flatMap(({ vector }) => vector ?? []);
  await saveRecordingFile(options.out, { vectors, analyses, studies });
  console.log(
    `${options.out} holds ${vectors.length} sets of vectors, ${analyses.length} analyses, ${studies.length} studies`,
  );
}

async function openStudied(
  machine: SteerMachine,
  model: string,
  home: string,
  options: Options,
): Promise<SteerBench> {
  const { problems, testCount, testSamples: samples, maxTokens } = options;
  const sets = await openProblems({ problems, testProblems: null, testCount });
  const measuring = { samples, maxTokens, temperature: STEERING_DEFAULTS.temperature, seed: MEASURE_SEED };
  return openSteerBench(machine, model, home, sets, measuring);
}

/** Each training once, whichever parts share it. */
async function runParts(
  studying: StudyBench,
  { part, siblings, seeds, layerSeeds = seeds, conditions }: Options,
  open: (model: string) => Promise<SteerBench>,
): Promise<[SteeringStudy[], Trained[]]> {
  const run: Record<SteeringPart, () => Promise<[SteeringStudy, Trained[]]>> = {
    accuracy: () => studyAccuracy(studying, conditions),
    'gain-curve': () => studyGainCurve({ ...studying, seeds: layerSeeds }),
    pairs: () => studyPairs({ ...studying, seeds: layerSeeds }),
    transfer: async () => {
      const others: SteerBench[] = [];
      for (const sibling of siblings) others.push(await open(sibling));
      return studyTransfer(studying, others);
    },
  };
  const studies: SteeringStudy[] = [];
  const bySlug = new Map<string, Trained>();
  for (const one of part === 'all' ? STUDY_PARTS : [part]) {
    const [study, trained] = await run[one]();
    studies.push(study);
    for (const set of trained) if (set.vector) bySlug.set(set.vector.slug, set);
  }
  return [studies, [...bySlug.values()]];
}

/** What stands beside those vectors as a control is compared, not taken apart. */
const ANALYSED: readonly AdapterKind[] = ['vectors', 'adaptive'];

/** Of the first seed, of the model itself: what was trained for the right answer, whole and layer by layer. */
async function analyseSets(
  { bench, plan, seeds }: StudyBench,
  trained: readonly Trained[],
): Promise<Analysis[]> {
  const features = createFeatureSources(bench, FEATURE_PLAN);
  const analysing = {
    ...bench,
    plan: ANALYSIS_PLAN,
    keptIn: path.join(trainingFolder(bench, plan), 'analyses'),
    openFeatures: features.open,
  };
  try {
    const done: Analysis[] = [];
    for (const { vector, spec } of trained) {
      const isOwn = vector?.model === bench.model.slug && spec.seed === seeds[0];
      if (!isOwn || spec.reward !== 'exact' || !ANALYSED.includes(spec.kind)) continue;
      const kinds = kindsFor(vector, bench.model.config.layerCount);
      for await (const analysis of runAnalyses(analysing, vector, kinds)) done.push(analysis);
    }
    return done;
  } finally {
    features.dispose();
  }
}

function parseNames(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}

function parseConditions(text: string): Condition[] {
  return parseNames(text).map((name) => {
    const condition = CONDITIONS.find((one) => one === name);
    if (condition) return condition;
    throw new InvalidArgumentError(
      `Expected some of ${CONDITIONS.join(', ')} with commas between, got "${name}".`,
    );
  });
}

function parseNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 0)) return numbers;
  throw new InvalidArgumentError(`Expected whole numbers from 0 with commas between, got "${text}".`);
}

function commandOf(options: Options): string {
  const { out: _, analyses, ...given } = options;
  const flags = Object.entries(given).map(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return `--${flag} ${String(value)}`;
  });
  return ['residua steer study', ...flags, ...(analyses ? [] : ['--no-analyses'])].join(' ');
}
