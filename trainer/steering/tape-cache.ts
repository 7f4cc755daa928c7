/**
 * Keys and values of shared prompts as a cache that can be differentiated through: prompts are read once, and their responses,
 * several to each, on top of them. Nothing is written in place; the tape holds what it needs.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import type { NewKeys } from '../compute/kept-keys.ts';
import { causalAttention, rope } from '../compute/layers.ts';
import { tf } from '../compute/tf.ts';
import type { DecoderConfig } from '../lm/config.ts';
import type { KvCache } from '../lm/kv-cache.ts';

/** Of `rows` prompts of one length. */
export interface PromptCache extends KvCache {
  /** A cache for one row per response; prompt_R int32: the prompt of each. */
  behind(prompt_R: Tensor1D, length: number): KvCache;
}

interface KeysValues {
  readonly k_BGSC: Tensor4D;
  readonly v_BGSC: Tensor4D;
}

export function createPromptCache({ attention: { windows } }: DecoderConfig, rows: number): PromptCache {
  const layers: KeysValues[] = [];
  const first: KvCache['attend'] = (layer, added) => {
    const { k_BGSC, v_BGSC } = turn(added, 0);
    // Kept, for the walk frees what it made when it goes on.
    layers[layer] = { k_BGSC: tf.keep(k_BGSC), v_BGSC: tf.keep(v_BGSC.clone()) };
    return look(added, { k_BGSC, v_BGSC }, 0, windows[layer]);
  };
  const behind = (prompt_R: Tensor1D, length: number): KvCache => {
    const join = (before: Tensor4D | undefined, after: Tensor4D): Tensor4D =>
      before ? tf.concat4d([tf.gather(before, prompt_R), after], 2) : after;
    return frame(prompt_R.size, length, (layer, added) => {
      const { k_BGSC, v_BGSC } = turn(added, length);
      const all = {
        k_BGSC: join(layers[layer]?.k_BGSC, k_BGSC),
        v_BGSC: join(layers[layer]?.v_BGSC, v_BGSC),
      };
      return look(added, all, length, windows[layer]);
    });
  };
  const dispose = () => tf.dispose(layers.flatMap(({ k_BGSC, v_BGSC }) => [k_BGSC, v_BGSC]));
  return { ...frame(rows, 0, first), behind, dispose };
}

type Added = Omit<NewKeys, 'rows' | 'positions'>;

function turn({ k_BGTC, v_BGTC, frequencies }: Added, position: number): KeysValues {
  return { k_BGSC: frequencies ? rope(k_BGTC, frequencies, position) : k_BGTC, v_BGSC: v_BGTC };
}

function look(
  { q_BHTC, frequencies, settings }: Added,
  { k_BGSC, v_BGSC }: KeysValues,
  position: number,
  window: number | null,
): Tensor4D {
  const turned_BHTC = frequencies ? rope(q_BHTC, frequencies, position) : q_BHTC;
  return causalAttention(turned_BHTC, k_BGSC, v_BGSC, { ...settings, ...(window !== null && { window }) });
}

function frame(rows: number, length: number, attend: KvCache['attend']): KvCache {
  const refuse = () => {
    throw new Error('A cache on the tape has the rows it was made with: open another with behind().');
  };
  return {
    ...{ rows, length, capacity: Infinity, lengths: new Array<number>(rows).fill(length) },
    ...{ attend, advance: () => {}, only: refuse, pick: refuse, dispose: () => {} },
  };
}
