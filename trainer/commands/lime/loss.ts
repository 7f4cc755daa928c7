/** Part `loss`: the plain transformer and LIMe at several depths, by tokens and by FLOPs. */
import { compareCurves } from '../../lime/comparison.ts';
import type { LossStudy, StepTime } from '../../lime/study.ts';
import { LIME_DEFAULTS } from '../../lm/lime-settings.ts';
import { createHead, nameModel } from './bench.ts';
import {
  configOf,
  describeTraining,
  fitModel,
  fitSettingsOf,
  type FittedModel,
  type LanguageModelBench,
} from './language-models.ts';
import { measureStepTimes } from './step-times.ts';

/** Differences to the paper that every part with language models shares. */
export const SMALL_SCALE = [
  'Models of a few million parameters on installed text, trained for minutes on a CPU; the paper trains 1 B parameters on 42 B tokens.',
  'FLOPs are counted as the paper counts them, routing included.',
];

export async function studyLoss(bench: LanguageModelBench, depths: readonly number[]): Promise<LossStudy> {
  const { plan, seeds, backend, timing, now } = bench;
  const startedMs = bench.now();
  const runs: LossStudy['runs'][number][] = [];
  const comparisons: LossStudy['comparisons'][number][] = [];
  const stepTimes: StepTime[] = [];
  const pairs = depths.map(
    (layers) => [configOf(bench, layers), configOf(bench, layers, LIME_DEFAULTS)] as const,
  );
  for (const configs of pairs) {
    const [base, lime]: FittedModel[][] = [[], []];
    for (const seed of seeds) {
      base.push(await fitModel(bench, configs[0], seed));
      lime.push(await fitModel(bench, configs[1], seed));
    }
    runs.push(...[base, lime].map(describeRuns));
    comparisons.push(compareModels(base, lime));
    const settings = fitSettingsOf(plan, seeds[0]);
    stepTimes.push(
      ...(await measureStepTimes({ kernels: backend.kernels, configs, settings, timing, now })),
    );
  }
  return {
    ...createHead(bench, {
      configs: pairs.flat(),
      startedMs,
      tokens: plan.steps * plan.rows * plan.context,
      corpora: bench.texts.corpora,
      training: describeTraining(plan),
      notes: [
        ...SMALL_SCALE,
        'Both are trained for the same number of tokens; losses at equal FLOPs are read between the points of the curves.',
      ],
    }),
    part: 'loss',
    paper: [
      {
        name: 'FLOPs to equal loss, full heads',
        unit: 'ratio',
        base: 1,
        lime: 1 - 0.153,
        source: 'Figures 10 and 11',
      },
      {
        name: 'FLOPs to equal loss, GQA',
        unit: 'ratio',
        base: 1,
        lime: 1 - 0.089,
        source: 'Figures 10 and 11',
      },
      {
        name: 'change of perplexity, full heads',
        unit: 'percent',
        base: 0,
        lime: -1.15,
        source: 'section 4',
      },
      { name: 'change of perplexity, GQA', unit: 'percent', base: 0, lime: -0.91, source: 'section 4' },
      { name: 'step time, GQA', unit: 'ratio', base: 1, lime: 1.0116, source: 'Table 9' },
      { name: 'step time, full heads', unit: 'ratio', base: 1, lime: 1.1049, source: 'Table 9' },
    ],
    runs,
    comparisons,
    stepTimes,
  };
}

function describeRuns(bySeed: readonly FittedModel[]): LossStudy['runs'][number] {
  const { config } = bySeed[0];
  return {
    model: nameModel(config.lime, config.layerCount),
    curveBySeed: bySeed.map(({ curve }) => curve),
    finalLossBySeed: bySeed.map(({ finalLossNats }) => finalLossNats),
  };
}

function compareModels(
  base: readonly FittedModel[],
  lime: readonly FittedModel[],
): LossStudy['comparisons'][number] {
  const bySeed = base.map(({ curve }, i) => compareCurves(curve, lime[i].curve));
  const { config } = base[0];
  return {
    layers: config.layerCount,
    base: nameModel(undefined, config.layerCount),
    lime: nameModel(lime[0].config.lime, config.layerCount),
    lossDifferenceAtEqualFlopsBySeed: bySeed.map((one) => one.lossDifferenceAtEqualFlops),
    lossDifferenceAtEqualTokensBySeed: bySeed.map((one) => one.lossDifferenceAtEqualTokens),
    flopsSavedBySeed: bySeed.map((one) => one.flopsSaved),
  };
}
