import path from 'node:path';
import { describe, expect, it } from 'vitest';

import type { MemoryPlan } from '../../compute/memory.ts';
import { loadConfig } from '../../lm/model.ts';
import type { OpenedBackend } from '../backends/probe-backends.ts';
import { parseBoostConfig, type BoostConfig } from '../boost/config.ts';
import { planBoost } from '../boost/memory.ts';
import { demoConfig, proseConfig, smallDemoConfig } from '../demo.ts';
import type { PublishedDictionary } from '../dictionary-file.ts';
import { parseImportConfig } from '../import/config.ts';
import { findReasons, type MemoryRoom } from '../memory-plan.ts';
import { checkout } from '../settings.ts';
import { parseSteerConfig } from '../steer/config.ts';
import { parseTrainSaeConfig } from '../train-sae/config.ts';
import { planTrainSae } from '../train-sae/memory.ts';
import { demoRuns, pickDemo } from './demo-runs.ts';

const GIB = 2 ** 30;
const native: OpenedBackend = {
  name: 'native',
  device: 'avx2',
  threads: 2,
  isOnCard: false,
  planned: { isReference: false, blockValues: 2 ** 22, isFused: true },
};
const wasm: OpenedBackend = {
  ...native,
  name: 'wasm',
  planned: { ...native.planned, isReference: true, isFused: false },
};
const room: MemoryRoom = {
  ramBytes: 8 * GIB,
  ramSource: 'available on this machine',
  usedBytes: 0,
  heapBytes: 4 * GIB,
  arrayBytes: 4 * GIB,
  isOnCard: false,
  tensorBytes: undefined,
};

const PARSERS: Readonly<Record<string, (config: unknown) => object>> = {
  'train-sae': parseTrainSaeConfig,
  boost: parseBoostConfig,
  import: parseImportConfig,
  'steer-train': parseSteerConfig,
};

const model = await loadConfig(path.join(checkout, demoConfig.modelFolder));

describe('the demo', () => {
  it('is as large as what computes here makes worth waiting for', async () => {
    const pick = async (backend: OpenedBackend) => (await pickDemo(backend, room)).runs[0].config;
    expect(await pick(native)).toBe(demoConfig);
    expect(await pick({ ...wasm, name: 'webgpu', isOnCard: true })).toBe(demoConfig);
    expect(await pick({ ...wasm, name: 'webgpu', device: 'SwiftShader' })).toBe(smallDemoConfig);
    expect(await pick(wasm)).toBe(smallDemoConfig);
  });

  it('is small where there is no room for all of it, and says what it needs', async () => {
    const { runs, memory } = await pickDemo(native, { ...room, ramBytes: GIB / 2 });
    expect(runs[0].config).toBe(smallDemoConfig);
    expect(memory).toMatch(
      /^memory: \d+ MiB at most \(.+\), 0 B of it in use already, 512 MiB available on this machine$/,
    );
  });

  it('has settings that its commands take, in full and in small', () => {
    for (const { kind, config } of [...demoRuns(true), ...demoRuns(false)]) {
      expect(PARSERS[kind](config)).toEqual(config);
    }
  });

  it('needs no more room for a boost than for its first run', () => {
    const largest = planTrainSae(demoConfig, model, native.planned).plan;
    const fits = (plan: MemoryPlan, ramBytes: number) =>
      findReasons(plan, { ...room, ramBytes }).length === 0;
    let ramBytes = GIB / 16;
    while (!fits(largest, ramBytes)) ramBytes += 2 ** 20;
    const base = {
      hookpoint: demoConfig.hookpoint,
      weights: { width: proseConfig.features, k: proseConfig.k },
    };
    const boosts = demoRuns(true).flatMap(({ kind, config }) =>
      kind === 'boost' ? [config as BoostConfig] : [],
    );
    expect(boosts).toHaveLength(2);
    for (const boost of boosts) {
      const { plan } = planBoost(boost, base as PublishedDictionary, model, native.planned);
      expect(fits(plan, ramBytes)).toBe(true);
    }
  });
});
