/** The four parts of a study of vectors: accuracy, gain curve, pairs, transfer. Trains what it needs, measures, records. */
import { countParameters } from '../../lm/parameters.ts';
import { ALL, measureAccuracy } from '../../steering/accuracy.ts';
import { appliedOf, steeringOf, type AppliedVectors } from '../../steering/applied-vectors.ts';
import { STUDY_FIGURES } from '../../steering/paper-figures.ts';
import {
  STUDY_FORMAT,
  type AccuracyStudy,
  type GainCurve,
  type PairStudy,
  type Share,
  type SteeringPart,
  type TestScore,
  type TransferStudy,
} from '../../steering/record.ts';
import { poolShares } from '../../steering/statistics/wilson.ts';
import { createProvenance, type SteerBench } from './bench.ts';
import {
  DIFFERENCES,
  openTraining,
  type StudyPlan,
  type Trained,
  type TrainingSpec,
} from './study-training.ts';

export interface StudyBench {
  readonly bench: SteerBench;
  readonly plan: StudyPlan;
  readonly seeds: readonly number[];
}

/** Of the part accuracy, beside the vectors of all layers. adaptive: at the middle layer. */
export const CONDITIONS = ['full', 'lora', 'random-reward', 'random-vector', 'rank-1', 'adaptive'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What stands under the name `all`: every layer together. */
export function allLayers({ model }: SteerBench, seed: number): TrainingSpec {
  const layers = Array.from({ length: model.config.layerCount }, (_, layer) => layer);
  return { name: 'all', title: 'All layers', kind: 'vectors', reward: 'exact', layers, seed };
}

export function singleLayer(layer: number, seed: number): TrainingSpec {
  return {
    ...{ name: `layer-${layer}`, title: `Layer ${layer}`, layers: [layer], seed },
    ...{ kind: 'vectors', reward: 'exact' },
  };
}

/** Baselines and controls, each beside the all-layer vectors of the same seed. */
function specOf(condition: Condition, all: TrainingSpec, norms: readonly number[]): TrainingSpec {
  const middle = Math.floor((all.layers.length - 1) / 2);
  const specs: Record<Condition, Partial<TrainingSpec>> = {
    full: { title: 'Full fine-tuning', kind: 'full' },
    lora: { title: 'LoRA', kind: 'lora' },
    'random-reward': { title: 'Random reward', reward: 'random' },
    'random-vector': { title: 'Random vectors', kind: 'random', norms },
    'rank-1': { title: 'Rank 1', kind: 'rank', rank: 1 },
    adaptive: {
      ...{ name: `adaptive-${middle}`, title: `Adaptive, layer ${middle}` },
      ...{ kind: 'adaptive', layers: [middle] },
    },
  };
  return { ...all, name: condition, ...specs[condition] };
}

export async function studyAccuracy(
  studying: StudyBench,
  named: readonly Condition[] = CONDITIONS,
): Promise<[AccuracyStudy, Trained[]]> {
  const { bench, plan, seeds } = studying;
  const startedMs = bench.now();
  const bySeed: Trained[][] = [];
  for (const seed of seeds) {
    const all = await openTraining(bench, plan, allLayers(bench, seed));
    const norms = all.vector!.layers.map(({ norm }) => norm);
    const trained = [all];
    for (const condition of named)
      trained.push(await openTraining(bench, plan, specOf(condition, all.spec, norms)));
    bySeed.push(trained);
  }
  const conditions = bySeed[0].map(({ spec, parameterCount, rate }, i) => {
    const runs = bySeed.map((trained) => trained[i]);
    return {
      name: spec.name === 'all' ? 'all-layers' : spec.name,
      ...{ adapter: spec.kind, reward: spec.reward, parameterCount, rate },
      vectors: runs.map(({ vector }) => vector?.slug ?? null),
      scoresBySeed: runs.map(({ scores }) => scores),
      curveBySeed: runs.map(({ curve }) => curve),
      stepMs: meanTimes(runs),
    };
  });
  const study: AccuracyStudy = {
    ...headOf(studying, 'accuracy', startedMs, bySeed.flat()),
    base: await bench.baseScores(),
    conditions,
  };
  return [study, bySeed.flat()];
}

function meanTimes(runs: readonly Trained[]): Trained['stepMs'] {
  const mean = (part: keyof Trained['stepMs']): number =>
    runs.reduce((sum, { stepMs }) => sum + stepMs[part], 0) / runs.length;
  return { generate: mean('generate'), learn: mean('learn'), other: mean('other') };
}

export async function studyGainCurve({ bench, plan, seeds }: StudyBench): Promise<[GainCurve, Trained[]]> {
  const startedMs = bench.now();
  const all: Trained[] = [];
  for (const seed of seeds) all.push(await openTraining(bench, plan, allLayers(bench, seed)));
  const byLayer: Trained[][] = [];
  for (const layer of all[0].spec.layers) {
    const runs: Trained[] = [];
    for (const seed of seeds) runs.push(await openTraining(bench, plan, singleLayer(layer, seed)));
    byLayer.push(runs);
  }
  const study: GainCurve = {
    ...headOf({ bench, plan, seeds }, 'gain-curve', startedMs, [...all, ...byLayer.flat()]),
    testSet: ALL,
    base: shareOf(await bench.baseScores()),
    allLayers: all.map(({ scores }) => shareOf(scores)),
    layers: byLayer.map((runs, layer) => ({
      ...{ layer, rate: runs[0].rate },
      vectors: runs.map(({ vector }) => vector?.slug ?? null),
      bySeed: runs.map(({ scores }) => shareOf(scores)),
    })),
  };
  return [study, [...all, ...byLayer.flat()]];
}

/** Singles and pairs of all seeds together, as one share each. */
export async function studyPairs({ bench, plan, seeds }: StudyBench): Promise<[PairStudy, Trained[]]> {
  const startedMs = bench.now();
  const [curve, trained] = await studyGainCurve({ bench, plan, seeds });
  const vectorsOf = (layer: number, seed: number): AppliedVectors =>
    appliedOf(trained.find(({ spec }) => spec.name === `layer-${layer}` && spec.seed === seed)!.vector!);
  const singles = curve.layers.map(({ layer, bySeed }) => ({ layer, accuracy: poolShares(bySeed) }));
  const together = poolShares(curve.allLayers);
  const pairs: PairStudy['pairs'][number][] = [];
  for (const first of singles) {
    for (const second of singles.filter(({ layer }) => layer > first.layer)) {
      const shares: Share[] = [];
      for (const seed of seeds) {
        const [one, other] = [vectorsOf(first.layer, seed), vectorsOf(second.layer, seed)];
        shares.push(await measureSet(bench, { ...one, layers: [...one.layers, ...other.layers] }));
      }
      const accuracy = poolShares(shares);
      const best = Math.max(first.accuracy.value, second.accuracy.value);
      const gain = shareOfGain(accuracy.value, best, together.value);
      pairs.push({ first: first.layer, second: second.layer, accuracy, gain });
    }
  }
  bench.say(`pairs: ${pairs.length} measured`);
  const head = headOf({ bench, plan, seeds }, 'pairs', startedMs, trained);
  return [{ ...head, testSet: ALL, base: curve.base, allLayers: together, singles, pairs }, trained];
}

/** `others`: the siblings. Vectors of the first seed. */
export async function studyTransfer(
  { bench, plan, seeds }: StudyBench,
  others: readonly SteerBench[],
): Promise<[TransferStudy, Trained[]]> {
  const startedMs = bench.now();
  const benches = [bench, ...others];
  const sets: Trained[] = [];
  for (const one of benches) sets.push(await openTraining(one, plan, allLayers(one, seeds[0])));
  const bases: Share[] = [];
  for (const one of benches) bases.push(shareOf(await one.baseScores()));
  const cells: TransferStudy['cells'][number][] = [];
  for (const [to, recipient] of benches.entries()) {
    const own = shareOf(sets[to].scores).value;
    for (const [from, donor] of benches.entries()) {
      const accuracy =
        from === to ? shareOf(sets[to].scores) : await measureSet(recipient, appliedOf(sets[from].vector!));
      const normalised = shareOfGain(accuracy.value, bases[to].value, own);
      cells.push({ donor: donor.model.slug, recipient: recipient.model.slug, accuracy, normalised });
    }
  }
  bench.say(`transfer: ${cells.length} measured`);
  const models = benches.map(({ model: { slug, trainingJson } }, i) => ({
    ...{ model: slug, description: describeModel(trainingJson), base: bases[i] },
  }));
  const head = headOf({ bench, plan, seeds: seeds.slice(0, 1) }, 'transfer', startedMs, sets);
  return [{ ...head, testSet: ALL, models, cells }, sets];
}

function describeModel(trainingJson: Readonly<Record<string, unknown>> | undefined): string {
  const { command } = trainingJson ?? {};
  return typeof command === 'string' ? command : '';
}

/** (accuracy - from) / (to - from); null where there is nothing between them. */
export function shareOfGain(accuracy: number, from: number, to: number): number | null {
  return to > from ? (accuracy - from) / (to - from) : null;
}

async function measureSet(
  { model, chat, problems, measuring }: SteerBench,
  applied: AppliedVectors,
): Promise<Share> {
  return shareOf(await measureAccuracy(model, steeringOf(applied), problems.test, { chat, ...measuring }));
}

const shareOf = (scores: readonly TestScore[]): Share =>
  scores.find(({ testSet }) => testSet === ALL)!.accuracy;

function headOf<Part extends SteeringPart>(
  { bench, plan, seeds }: StudyBench,
  part: Part,
  startedMs: number,
  trained: readonly Trained[],
) {
  const { model, problems, measuring } = bench;
  const settings = {
    ...{ steps: plan.steps, prompts: plan.prompts, generations: plan.generations, maxTokens: plan.maxTokens },
    ...{ temperature: measuring.temperature, testSamples: measuring.samples },
    trainProblems: problems.train.length,
  };
  const provenance = createProvenance(bench, {
    ...{ startedMs, settings, count: problems.test.length, notes: DIFFERENCES },
  });
  // What was trained before is part of what the study took.
  const trainedSeconds = trained.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    format: STUDY_FORMAT,
    part,
    model: model.slug,
    modelParameterCount: countParameters(model.config),
    seeds,
    provenance: { ...provenance, seconds: Math.max(provenance.seconds, trainedSeconds) },
    paper: STUDY_FIGURES[part],
  } as const;
}
