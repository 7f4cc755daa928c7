import { describe, expect, it } from 'vitest';
import { encodeScratchBytes, gradientScratchBytes } from './scratch.ts';

const SIZE = { B: 4096, D: 768, F: 16_384, k: 32, threads: 2 };

describe('scratch memory', () => {
  it('is the packed encoder in float32, half of it again for screening, and a few megabytes a thread', () => {
    const packed = 4 * SIZE.F * SIZE.D;
    expect(encodeScratchBytes(SIZE, false)).toBe(packed + 2 * 4 * 192 * (768 + 1024 + 128));
    const screened = encodeScratchBytes(SIZE, true) - encodeScratchBytes(SIZE, false);
    expect(screened).toBe(packed / 2 + 20 * SIZE.F + 2 * 256 * (1536 + 8 * (2048 + 64)));
  });

  it('does not grow with rows beyond a pass, whatever the number of features', () => {
    for (const F of [4096, 131_072]) {
      const more = { ...SIZE, F, B: 65_536 };
      expect(encodeScratchBytes(more, true)).toBe(encodeScratchBytes({ ...SIZE, F }, true));
      expect(gradientScratchBytes(more)).toBe(gradientScratchBytes({ ...SIZE, F }));
    }
  });

  it('counts copies of the decoder only where they are made', () => {
    const few = gradientScratchBytes({ ...SIZE, k: 7 });
    const many = gradientScratchBytes({ ...SIZE, k: 8 });
    expect(many - few).toBeGreaterThan(4 * 2 * 2 * SIZE.F * 64);
  });
});
