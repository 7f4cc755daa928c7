/**
 * Keys and values of shared prompts as a key-value cache that can be differentiated through: prompts are read once, and their
 * responses, several to each, on top of them. Nothing is written in place; the tape holds what it needs.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { KeysValues, KvCache } from '../lm/kv-cache.ts';

/** Keeps what prompts of `length` tokens give; `behind` then reads rows on top of them. */
export interface PromptCache extends KvCache {
  /** A cache for one row per response; prompt_R int32: the prompt of each. */
  behind(prompt_R: Tensor1D): KvCache;
}

export function createPromptCache(rows: number, length: number): PromptCache {
  const layers = new Map<number, KeysValues>();
  return {
    ...frame(rows, 0, (layer, added) => {
      layers.set(layer, added);
      return added;
    }),
    behind: (prompt_R) =>
      frame(prompt_R.size, length, (layer, added) => {
        const shared = layers.get(layer);
        if (!shared) return added;
        const join = (before: Tensor4D, after: Tensor4D): Tensor4D =>
          tf.concat4d([tf.gather(before, prompt_R), after], 2);
        return {
          k_BGSC: join(shared.k_BGSC, added.k_BGSC),
          v_BGSC: join(shared.v_BGSC, added.v_BGSC),
        };
      }),
  };
}

function frame(rows: number, length: number, append: KvCache['append']): KvCache {
  return {
    ...{ rows, length, capacity: Infinity, append },
    advance: () => {},
    pick: () => {
      throw new Error('A cache on the tape cannot pick rows: open another with behind().');
    },
    dispose: () => {},
  };
}
