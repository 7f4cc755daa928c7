/** The run that `residua start` asks for: the whole path once, sized for two cores and a few minutes. */
import type { TrainSaeConfig } from './train-sae/config.ts';

export const DEMO_RUN_SLUG = 'demo-dictionary';

export const demoConfig: TrainSaeConfig = {
  slug: 'residua-demo-hierarchical',
  name: 'Demo dictionary',
  modelFolder: 'trainer/models/residua-demo',
  hookpoint: 'layers.2.residual.post',
  kind: 'hierarchical-topk',
  features: 4096,
  k: 64,
  budgets: [4, 8, 16, 32, 64],
  corpora: { 'english-prose': 0.5, 'typescript-declarations': 0.4, 'russian-messages': 0.1 },
  contextLength: 128,
  trainTokens: 2_000_000,
  batchTokens: 2048,
  bufferTokens: 65_536,
  learningRate: null,
  readTokens: 300_000,
  metricTokens: 32_768,
  checkpointEverySteps: 100,
  reportEverySteps: 5,
  seed: 0,
};

/** On wasm and cpu a step takes tens of times longer: the same path, narrower and shorter. */
export const smallDemoConfig: TrainSaeConfig = {
  ...demoConfig,
  features: 1024,
  k: 32,
  budgets: [4, 8, 16, 32],
  trainTokens: 60_000,
  batchTokens: 1024,
  bufferTokens: 8_192,
  readTokens: 30_000,
  metricTokens: 2_048,
  checkpointEverySteps: 20,
  reportEverySteps: 1,
};
