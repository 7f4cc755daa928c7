/** Hidden states that every contender reads, written once as raw float32, little-endian. */
import { writeFile } from 'node:fs/promises';
import { createRng, type Rng } from '../compute/rng.ts';
import type { HiddenKind, Shape } from './options.ts';

/** More than one, so that no contender could profit from seeing the same rows again. */
const BATCHES = 2;
/** Coordinates that language models make huge and nearly constant, and how many typical sizes they reach. */
const HUGE = { count: 2, size: 50 };

export async function writeHidden(path: string, kind: HiddenKind, shape: Shape, seed: number): Promise<void> {
  const hidden = drawHidden(kind, BATCHES * shape.B, shape.D, createRng(seed));
  await writeFile(path, new Uint8Array(hidden.buffer));
}

/**
 * normal: independent standard normals. uneven: coordinates that differ in size as (d + 1)^-1/2, the first two huge and
 * nearly constant, rows that differ in length. What is quick on the one need not be on the other: a top-k that prunes
 * lives off the gaps between acts.
 */
export function drawHidden(kind: HiddenKind, N: number, D: number, rng: Rng): Float32Array {
  if (kind === 'normal') return Float32Array.from({ length: N * D }, () => rng.normal());
  const hidden_ND = new Float32Array(N * D);
  for (let n = 0; n < N; n++) {
    const length = Math.exp(0.3 * rng.normal());
    for (let d = 0; d < D; d++) {
      const value = d < HUGE.count ? HUGE.size + rng.normal() : rng.normal() / Math.sqrt((d + 1) / D);
      hidden_ND[n * D + d] = length * value;
    }
  }
  return hidden_ND;
}
