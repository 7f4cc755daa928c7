/** Part `arithmetic`: the Arithmetic Expression Task at the paper's model size, with routers and without. */
import { scoreArithmetic } from '../../lime/arithmetic-accuracy.ts';
import { fitArithmetic, type ArithmeticFitSettings } from '../../lime/arithmetic-fit.ts';
import { createSamples, longestSample, MODULUS, OPERANDS, VOCABULARY } from '../../lime/arithmetic.ts';
import type { ArithmeticStudy, LossPoint } from '../../lime/study.ts';
import { ROUTER_RATE } from '../../lm-fit/settings.ts';
import { createLlamaConfig } from '../../lm/architectures/llama.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { LIME_DEFAULTS, type LimeSettings } from '../../lm/lime-settings.ts';
import { keep } from '../kept.ts';
import { createHead, nameModel, runFolder, type StudyBench } from './bench.ts';
import { measureStepTimes } from './step-times.ts';
import { createTensors } from './tensors.ts';

/** The paper's: 4 layers, 4 heads, width 32, 50 k samples per operand count. */
const LAYERS = 4;
const WIDTH = 32;
const HEADS = 4;
const SAMPLES = 50_000;
const TEST_SAMPLES = 1000;

export interface ArithmeticPlan {
  readonly steps: number;
  /** Samples per step. */
  readonly rows: number;
  readonly rate: number;
}

interface Run {
  readonly tokens: number;
  readonly epochs: number;
  readonly curve: readonly LossPoint[];
  readonly scores: readonly { readonly operands: number; readonly answer: number; readonly chain: number }[];
}

export function arithmeticConfig(lime?: LimeSettings): DecoderConfig {
  return createLlamaConfig({
    vocabSize: VOCABULARY,
    hiddenWidth: WIDTH,
    layerCount: LAYERS,
    headCount: HEADS,
    kvHeadCount: HEADS,
    headWidth: WIDTH / HEADS,
    mlpWidth: 4 * WIDTH,
    contextLength: longestSample(Math.max(...OPERANDS)) - 1,
    tiedEmbeddings: true,
    ...(lime && { lime }),
  });
}

export async function studyArithmetic(bench: StudyBench, plan: ArithmeticPlan): Promise<ArithmeticStudy> {
  const startedMs = bench.now();
  const configs = [arithmeticConfig(), arithmeticConfig(LIME_DEFAULTS)];
  const bySeed: Run[][] = configs.map(() => []);
  for (const seed of bench.seeds) {
    for (const [i, config] of configs.entries())
      bySeed[i].push(await openRun(bench, config, settingsOf(plan, seed)));
  }
  const first = bySeed[0][0];
  const settings = {
    ...settingsOf(plan, 1),
    contextLength: configs[0].contextLength,
    decaySteps: plan.steps,
  };
  const { seed: _, ...training } = settingsOf(plan, 0);
  return {
    ...createHead(bench, {
      configs,
      startedMs,
      tokens: first.tokens,
      corpora: [],
      training: { ...training, schedule: 'warm-up, linear to 0', epochs: Number(first.epochs.toFixed(2)) },
      notes: [
        `${first.epochs.toFixed(1)} epochs over ${3 * SAMPLES} samples on a CPU, the same for both; the paper trains 200.`,
        `Numbers are integers modulo ${MODULUS}, a token each; + - * / and parentheses; every step of the solution is written out. The paper leaves the format open: this is ours.`,
        'Test expressions never occur in training. Loss and training signal are of the solution alone.',
      ],
    }),
    part: 'arithmetic',
    paper: [{ name: 'accuracy, 6 operands', unit: 'percent', base: 41.3, lime: 71.6, source: 'section 4' }],
    operands: [...OPERANDS],
    testSamples: TEST_SAMPLES,
    runs: configs.map((config, i) => describeRuns(config, bySeed[i])),
    stepTimes: await measureStepTimes({ ...bench, kernels: bench.backend.kernels, configs, settings }),
  };
}

function settingsOf({ steps, rows, rate }: ArithmeticPlan, seed: number): ArithmeticFitSettings {
  return {
    seed,
    stepTotal: steps,
    rows,
    samplesPerOperands: SAMPLES,
    peakRate: rate,
    routerRate: ROUTER_RATE,
    warmupSteps: Math.ceil(steps / 20),
    weightDecay: 0.1,
    clipNorm: 1,
  };
}

function describeRuns(config: DecoderConfig, runs: readonly Run[]): ArithmeticStudy['runs'][number] {
  const table = (of: 'answer' | 'chain') =>
    OPERANDS.map((operands, i) => ({ operands, bySeed: runs.map(({ scores }) => scores[i][of]) }));
  return {
    model: nameModel(config.lime, config.layerCount),
    accuracy: table('answer'),
    chainAccuracy: table('chain'),
    curveBySeed: runs.map(({ curve }) => curve),
  };
}

/** From its file, where it ended before. */
async function openRun(
  bench: StudyBench,
  config: DecoderConfig,
  settings: ArithmeticFitSettings,
): Promise<Run> {
  const name = nameModel(config.lime, config.layerCount);
  const { stepTotal, rows, peakRate, seed } = settings;
  const file = runFolder(
    bench,
    'arithmetic',
    `${name}-n${stepTotal}-b${rows}-r${peakRate}-seed-${seed}.json`,
  );
  return keep(file, () => fitRun(bench, config, settings, name));
}

async function fitRun(
  bench: StudyBench,
  config: DecoderConfig,
  settings: ArithmeticFitSettings,
  name: string,
): Promise<Run> {
  const started = bench.now();
  const running = fitArithmetic(bench.backend.kernels, config, settings);
  let step = await running.next();
  while (!step.done) step = await running.next();
  const { arrays, curve, tokens, epochs } = step.value;
  const fitSeconds = (bench.now() - started) / 1000;
  const { parameters, dispose } = createTensors(arrays);
  const scores = OPERANDS.map((operands) => {
    const samples = createSamples('test', operands, TEST_SAMPLES, settings.seed);
    return { operands, ...scoreArithmetic(parameters, config, samples) };
  });
  dispose();
  bench.say(
    `${name} seed ${settings.seed}: loss ${curve[curve.length - 1].lossNats.toFixed(4)}, accuracy ` +
      `${scores.map(({ operands, answer }) => `${operands}: ${(100 * answer).toFixed(1)} %`).join(', ')}; ` +
      `${fitSeconds.toFixed(0)} s, ${Math.round(tokens / fitSeconds)} tokens/s`,
  );
  return { tokens, epochs, curve, scores };
}
