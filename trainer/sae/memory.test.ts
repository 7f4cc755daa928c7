import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sumItems } from '../compute/memory.ts';
import { addonPath } from '../compute/native/build.mjs';
import { checkpointBytes, startMemory, stepMemory } from './memory.ts';

const size = {
  width: 16_384,
  hiddenWidth: 256,
  k: 16,
  batchTokens: 2048,
  initTokens: 16_384,
  isReference: false,
  blockValues: 1,
};
/** All pre-activations of a batch: what a dense trainer stores several times over. */
const B_F_BYTES = 4 * size.batchTokens * size.width;

describe('the memory of a fit', () => {
  it.skipIf(process.platform !== 'linux' || !existsSync(addonPath()))(
    'is what the plan says, and leaves no room for B x F',
    async () => {
      const args = [
        '--import',
        'tsx',
        path.join(import.meta.dirname, 'memory.fixture.ts'),
        JSON.stringify(size),
      ];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const measuredBytes = Number(stdout.trim().split('\n').at(-1));
      const planned = sumItems([...startMemory(size), ...stepMemory(size)]);
      expect(measuredBytes / planned.totalBytes).toBeGreaterThan(0.7);
      expect(measuredBytes / planned.totalBytes).toBeLessThan(1.3);
      expect(measuredBytes - planned.totalBytes).toBeLessThan(B_F_BYTES / 2);
    },
    60_000,
  );

  it('counts a checkpoint as it is written: weights, two moments, and a double for each feature', () => {
    expect(checkpointBytes({ width: 3, hiddenWidth: 2, k: 1 })).toBe(4 * 3 * (6 + 6 + 3 + 2) + 8 * 3);
  });
});
