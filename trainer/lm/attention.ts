/**
 * Attention in three steps that can be told apart: projecting (queries, keys and values without positions), mixing (perhaps
 * routed from earlier layers, rotated, cached, attended), and the output projection.
 * B batch, T positions, D hidden, H heads, G kv heads, S keys, C head width.
 */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { causalAttention, rope } from '../compute/layers.ts';
import type { DecoderConfig } from './config.ts';
import type { KvCache } from './kv-cache.ts';
import type { Parameters } from './parameters.ts';
import { project } from './projection.ts';

/** Keys and values of the tokens at hand before positions are turned into them. */
export interface Unrotated {
  readonly k_BGTC: Tensor4D;
  readonly v_BGTC: Tensor4D;
}

export interface Projected extends Unrotated {
  readonly q_BHTC: Tensor4D;
}

export interface MixOptions {
  /** Of the layer. */
  readonly window: number | null;
  /** Undefined: positions are not rotated. */
  readonly frequencies: readonly number[] | undefined;
  readonly layer: number;
  readonly cache?: KvCache;
}

/** `layer`: layers.N */
export function projectHeads(
  x_BTD: Tensor3D,
  layer: string,
  parameters: Parameters,
  config: DecoderConfig,
): Projected {
  const { headCount: H, kvHeadCount: G } = config;
  const heads = (name: string, count: number): Tensor4D =>
    splitHeads(project(x_BTD, `${layer}.attention.${name}`, parameters), count);
  return { q_BHTC: heads('query', H), k_BGTC: heads('key', G), v_BGTC: heads('value', G) };
}

/** What the heads took from all positions they see, side by side: [B, T, H * C]. */
export function mixHeads(
  { q_BHTC, k_BGTC, v_BGTC }: Projected,
  { attention }: DecoderConfig,
  options: MixOptions,
): Tensor3D {
  const { frequencies, cache, window, layer } = options;
  const { scale, softCap } = attention;
  const settings = { scale, ...(softCap !== null && { softCap }) };
  if (cache) return joinHeads(cache.attend(layer, { q_BHTC, k_BGTC, v_BGTC, frequencies, settings }));
  const turn = (x: Tensor4D): Tensor4D => (frequencies ? rope(x, frequencies) : x);
  const inWindow = { ...settings, ...(window !== null && { window }) };
  return joinHeads(causalAttention(turn(q_BHTC), turn(k_BGTC), v_BGTC, inWindow));
}

/** [B, T, H * C] as [B, H, T, C]; of one token both lie in memory alike. */
function splitHeads(x_BTX: Tensor3D, H: number): Tensor4D {
  const [B, T, X] = x_BTX.shape;
  if (T === 1) return x_BTX.reshape([B, H, 1, X / H]);
  return x_BTX.reshape([B, T, H, X / H]).transpose([0, 2, 1, 3]);
}

function joinHeads(x_BHTC: Tensor4D): Tensor3D {
  const [B, H, T, C] = x_BHTC.shape;
  if (T === 1) return x_BHTC.reshape([B, 1, H * C]);
  return x_BHTC.transpose([0, 2, 1, 3]).reshape([B, T, H * C]);
}
