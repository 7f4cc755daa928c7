import { describe, expect, it } from 'vitest';

import type { OpenedBackend } from '../backends/probe-backends.ts';
import { demoConfig, smallDemoConfig } from '../demo.ts';
import type { MemoryRoom } from '../memory-plan.ts';
import { pickDemo } from './demo-run.ts';

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
  heapBytes: 4 * GIB,
  arrayBytes: 4 * GIB,
  isOnCard: false,
  tensorBytes: undefined,
};

describe('the demo', () => {
  it('is as large as what computes here makes worth waiting for', async () => {
    const pick = async (backend: OpenedBackend) => (await pickDemo(backend, room)).config;
    expect(await pick(native)).toBe(demoConfig);
    expect(await pick({ ...wasm, name: 'webgpu', isOnCard: true })).toBe(demoConfig);
    expect(await pick({ ...wasm, name: 'webgpu', device: 'SwiftShader' })).toBe(smallDemoConfig);
    expect(await pick(wasm)).toBe(smallDemoConfig);
  });

  it('is small where there is no room for all of it, and says what it needs', async () => {
    const { config, memory } = await pickDemo(native, { ...room, ramBytes: GIB / 2 });
    expect(config).toBe(smallDemoConfig);
    expect(memory).toMatch(/^memory: \d+ MiB at most \(.+\), 512 MiB available on this machine$/);
  });
});
