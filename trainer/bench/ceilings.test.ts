import { describe, expect, it } from 'vitest';
import { floorOf } from './ceilings.ts';

describe('floorOf', () => {
  it('adds the product and the weights, by hand', () => {
    // 2·10·20·30 = 12,000 operations; 4·2·30·20 = 4,800 bytes of weights, eight times.
    const floor = floorOf(
      { B: 10, D: 20, F: 30, K: 2 },
      { matrixFlopPerSecond: 12_000, copyBytesPerSecond: 38_400 },
    );
    expect(floor).toEqual({ productMs: 1000, weightsMs: 1000, floorMs: 2000 });
  });

  it('grows with the batch in its product alone', () => {
    const ceilings = { matrixFlopPerSecond: 1e9, copyBytesPerSecond: 1e9 };
    const [small, large] = [1, 4].map((B) => floorOf({ B, D: 8, F: 64, K: 2 }, ceilings));
    expect(large.productMs / small.productMs).toBeCloseTo(4, 9);
    expect(large.weightsMs).toBe(small.weightsMs);
  });
});
