/** Hidden states made of a few planted directions, for tests: what a dictionary should find, without a model. */
import type { Tensor2D } from '@tensorflow/tfjs';
import { type RngState, createRng, restoreRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import type { ResumableSource } from './open-fit.ts';

export interface ToyOptions {
  readonly hiddenWidth: number;
  /** Planted directions; each row holds `perRow` of them, strengths 1..2. */
  readonly directions: number;
  readonly perRow: number;
  readonly batchTokens: number;
  readonly seed: number;
}

export interface ToySource extends ResumableSource {
  next(): Tensor2D;
  state(): { rng: RngState };
  restore(state: { rng: RngState }): void;
}

export function createToySource(options: ToyOptions): ToySource {
  const { hiddenWidth: D, directions, perRow, batchTokens, seed } = options;
  const planted = createRng(seed);
  const directions_PD = Float32Array.from({ length: directions * D }, () => planted.normal() / Math.sqrt(D));
  let rng = createRng(seed + 1);
  return {
    next() {
      const hidden_BD = new Float32Array(batchTokens * D).fill(0.5);
      for (let b = 0; b < batchTokens; b++) {
        for (let n = 0; n < perRow; n++) {
          const direction = rng.int(directions) * D;
          const strength = 1 + rng.next();
          for (let d = 0; d < D; d++) hidden_BD[b * D + d] += strength * directions_PD[direction + d];
        }
      }
      return tf.tensor2d(hidden_BD, [batchTokens, D]);
    },
    state: () => ({ rng: rng.state() }),
    restore(state) {
      rng = restoreRng(state.rng);
    },
  };
}
