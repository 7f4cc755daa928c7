/** The runs of the demo in the order they are done, in full or in small; asking for them again changes nothing. */
import path from 'node:path';

import { findPeak, type MemoryPlan } from '../../compute/memory.ts';
import { loadConfig } from '../../lm/model.ts';
import type { Database } from '../../store/database.ts';
import { enqueueRun, retryRun } from '../../store/queue.ts';
import { loadRun, type NewRun } from '../../store/runs.ts';
import type { OpenedBackend } from '../backends/probe-backends.ts';
import { BOOST_DEFAULTS, type BoostConfig } from '../boost/config.ts';
import { demoConfig, DEMO_RUN_SLUG, proseConfig, smallDemoConfig, smallProseConfig } from '../demo.ts';
import { parseImportConfig, type ImportConfig } from '../import/config.ts';
import { findReasons, formatSummary, readMemoryRoom, type MemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { generationsFolder } from '../steer/committed-dictionary.ts';
import { STEER_DEFAULTS, type SteerConfig } from '../steer/config.ts';
import { planSteer } from '../steer/memory.ts';
import type { TrainSaeConfig } from '../train-sae/config.ts';
import { planTrainSae } from '../train-sae/memory.ts';

export interface DemoRun extends NewRun {
  /** Its name on the screen. */
  readonly line: string;
  /** Where the site shows what it made. */
  readonly page: string;
  readonly config: TrainSaeConfig | BoostConfig | SteerConfig | ImportConfig;
}

export interface Demo {
  readonly runs: readonly DemoRun[];
  /** What it will need in memory, and what there is. */
  readonly memory: string;
}

/** On wasm and cpu: few enough tokens for minutes, enough for every page to have something on it. */
const SMALL_BOOST = {
  features: 128,
  trainTokens: 12_000,
  batchTokens: 512,
  bufferTokens: 4_096,
  readTokens: 6_000,
  evaluateTokens: 2_048,
  metricTokens: 512,
  passages: 6,
  checkpointEverySteps: 10,
  reportEverySteps: 1,
};

const boostOf = (domain: string, name: string, corpus: string, other: string): BoostConfig => ({
  ...BOOST_DEFAULTS,
  slug: `${proseConfig.slug}-${domain}`,
  name,
  base: proseConfig.slug,
  corpus,
  domain,
  general: ['english-prose'],
  others: [other],
  methods: [...BOOST_DEFAULTS.methods],
  publish: true,
  learningRate: null,
});

const [CODE, RUSSIAN] = ['typescript-declarations', 'russian-messages'];
const BOOSTS = [
  boostOf('code', 'Boost: TypeScript', CODE, RUSSIAN),
  boostOf('russian', 'Boost: Russian', RUSSIAN, CODE),
];

/** What the reasoner writes, feature by feature: pages for what analyses of its vectors name. */
const GENERATIONS = parseImportConfig({
  slug: 'residua-reasoner-generations',
  name: 'What the reasoner writes',
  source: generationsFolder('residua-reasoner'),
  modelFolder: 'trainer/models/residua-reasoner',
  ...{ hookpoint: null, modelName: null, bos: 'never', k: null, inputScale: null, dictClass: null },
  unchecked: false,
  // As it was fitted: a conversation a window, the turn that all of them begin with left out.
  ...{ corpora: { 'reasoner-answers': 1 }, packing: 'document', contextLength: 96, skipFirst: 23 },
  ...{ split: 'held-out', readTokens: 80_000, metricTokens: 9_600, seed: 0 },
});
const SMALL_GENERATIONS = { readTokens: 12_000, metricTokens: 960 };

/** Few steps: enough to see rewards rise; the recorded study has many. */
const vectorsOf = (vector: string, name: string, layers: SteerConfig['layers']): SteerConfig => ({
  ...STEER_DEFAULTS,
  ...{ slug: `residua-reasoner-${vector}`, vector, name, layers },
  ...{ steps: 25, prompts: 16, testCount: 100, testSamples: 1 },
  ...{ testProblems: null, rank: null, norms: null, rate: null },
});

const VECTORS = [
  vectorsOf('live-all', 'Live: all layers', 'all'),
  vectorsOf('live-layer-4', 'Live: the layer before the last', [4]),
];
const SMALL_VECTORS = { steps: 4, prompts: 4, generations: 8, testCount: 10 };

export function demoRuns(isFull: boolean): DemoRun[] {
  const dictionary = (slug: string, line: string, config: TrainSaeConfig): DemoRun => {
    return { slug, line, kind: 'train-sae', name: config.name, config, page: `/dictionaries/${config.slug}` };
  };
  return [
    dictionary(DEMO_RUN_SLUG, 'dictionary', isFull ? demoConfig : smallDemoConfig),
    dictionary('demo-prose', 'prose', isFull ? proseConfig : smallProseConfig),
    ...BOOSTS.map((boost): DemoRun => {
      const { slug, name, domain } = boost;
      const config = isFull ? boost : { ...boost, ...SMALL_BOOST };
      return { slug, line: domain, kind: 'boost', name, config, page: `/boost/${slug}` };
    }),
    {
      ...{ slug: GENERATIONS.slug, line: 'answers', kind: 'import', name: GENERATIONS.name },
      config: isFull ? GENERATIONS : { ...GENERATIONS, ...SMALL_GENERATIONS },
      page: `/dictionaries/${GENERATIONS.slug}`,
    },
    ...VECTORS.map((vectors): DemoRun => {
      const { slug, name, vector } = vectors;
      const config = isFull ? vectors : { ...vectors, ...SMALL_VECTORS };
      const page = `/steering/residua-reasoner/${vector}`;
      return { slug, line: vector.slice('live-'.length), kind: 'steer-train', name, config, page };
    }),
  ];
}

/** In full where something fast computes and there is room for it; else in small. Runs are done one after the other. */
export async function pickDemo(
  backend: OpenedBackend,
  room: MemoryRoom = readMemoryRoom(backend),
): Promise<Demo> {
  const models = { sae: await readModel(demoConfig), steer: await readModel(STEER_DEFAULTS) };
  const planAll = (isFull: boolean): MemoryPlan[] => [
    planTrainSae(isFull ? demoConfig : smallDemoConfig, models.sae, backend.planned).plan,
    ...demoRuns(isFull).flatMap(({ kind, config }) =>
      kind === 'steer-train' ? planSteer(models.steer, config as SteerConfig, backend.planned).plan : [],
    ),
  ];
  const isFast = backend.name === 'native' || backend.isOnCard;
  const isFull = isFast && planAll(true).every((plan) => findReasons(plan, room).length === 0);
  return { runs: demoRuns(isFull), memory: formatSummary(findLargest(planAll(isFull)), room) };
}

const readModel = ({ modelFolder }: { readonly modelFolder: string }) =>
  loadConfig(path.join(checkout, modelFolder));

function findLargest(plans: readonly MemoryPlan[]): MemoryPlan {
  const bytesOf = (plan: MemoryPlan): number => findPeak(plan).need.totalBytes;
  return plans.reduce((largest, plan) => (bytesOf(plan) > bytesOf(largest) ? plan : largest));
}

/** One that failed is tried again. In order: the queue keeps it, and later ones build on what earlier ones make. */
export async function enqueueDemo(db: Database, { runs }: Demo): Promise<void> {
  for (const { slug, kind, name, config } of runs) {
    // A run that is there keeps the settings it began with, though the demo's may have changed since.
    const found = await loadRun(db, slug);
    if (found?.status === 'failed') await retryRun(db, slug);
    await enqueueRun(db, { slug, kind, name, config: found?.config ?? config });
  }
}
