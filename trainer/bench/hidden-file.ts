/** Hidden states that every contender reads: standard normal rows, written once as raw float32, little-endian. */
import { writeFile } from 'node:fs/promises';
import { createRng } from '../compute/rng.ts';
import type { Shape } from './options.ts';

/** More than one, so that no contender could profit from seeing the same rows again. */
const BATCHES = 2;

export async function writeHidden(path: string, { B, D }: Shape, seed: number): Promise<void> {
  const rng = createRng(seed);
  const hidden = Float32Array.from({ length: BATCHES * B * D }, () => rng.normal());
  await writeFile(path, new Uint8Array(hidden.buffer));
}
