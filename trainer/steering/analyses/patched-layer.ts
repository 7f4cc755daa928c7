/**
 * The last layer with a vector that only some of its parts see: composed from the pieces of lm, where the layer has one stream
 * alone. B batch, T positions, D hidden, H heads, C head width.
 */
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { tf } from '../../compute/tf.ts';
import { mixHeads, projectHeads } from '../../lm/attention.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import type { KvCache } from '../../lm/kv-cache.ts';
import { runMlp } from '../../lm/mlp.ts';
import { normalise } from '../../lm/norm.ts';
import type { Parameters } from '../../lm/parameters.ts';
import { project } from '../../lm/projection.ts';
import { ropeFrequencies } from '../../lm/rope-frequencies.ts';
import type { AppliedVectors } from '../applied-vectors.ts';
import { groupHeads, type PatchMode } from './patch-modes.ts';

export interface PatchedModel {
  readonly config: DecoderConfig;
  readonly parameters: Parameters;
}

/** Where the plain walk is left, and the patched layer taken instead. */
export const lastStream = ({ layerCount }: DecoderConfig): string => `layers.${layerCount - 1}.residual.pre`;

/** The vector of the layer before the last; throws where the set has none that is simply added to the stream there. */
export function penultimateVector({ layers, place }: AppliedVectors, config: DecoderConfig): Float32Array {
  const layer = config.layerCount - 2;
  const found = layers.find((one) => one.layer === layer);
  const isAdded = found && !found.readOut_M && (place === 'mlp.out' || place === 'residual.post');
  if (isAdded && !config.lime) return found.values_D;
  const got = config.lime
    ? 'a model whose last layer routes'
    : `layers ${layers.map((one) => one.layer).join(', ')} at ${place}`;
  throw new Error(
    `Patching: expected a vector added to the stream behind layer ${layer}, the last but one, got ${got}. ` +
      'Train one with --layers set to it.',
  );
}

/**
 * The residual stream behind the last layer. x_BTD: the plain one before it. caches: one for each group of heads, for
 * generation; whoever calls advances them. Inside tidy.
 */
export function runPatchedLayer(
  { parameters, config }: PatchedModel,
  x_BTD: Tensor3D,
  vector_D: Float32Array,
  mode: PatchMode,
  caches?: readonly KvCache[],
): Tensor3D {
  const layer = `layers.${config.layerCount - 1}`;
  const vector = tf.tensor1d(vector_D);
  const steered_BTD = x_BTD.add<Tensor3D>(vector);
  const stream_BTD = mode.isStreamSteered ? steered_BTD : x_BTD;
  const mixed_BTX = mixPatched({ parameters, config }, x_BTD, steered_BTD, mode, caches);
  const written = (out_BTD: Tensor3D, block: string): Tensor3D =>
    config.hasPostNorms ? normalise(out_BTD, `${layer}.${block}.postNorm`, parameters, config) : out_BTD;
  const attention_BTD = written(project(mixed_BTX, `${layer}.attention.output`, parameters), 'attention');
  const mid_BTD = stream_BTD.add<Tensor3D>(attention_BTD);
  const mlpIn_BTD = normalise(mid_BTD, `${layer}.mlp.norm`, parameters, config);
  const post_BTD = mid_BTD.add<Tensor3D>(written(runMlp(mlpIn_BTD, layer, parameters, config), 'mlp'));
  return mode.isAddedBehind ? post_BTD.add<Tensor3D>(vector) : post_BTD;
}

/** What each head mixed from the stream it is to see, side by side: [B, T, H * C]. */
function mixPatched(
  { parameters, config }: PatchedModel,
  plain_BTD: Tensor3D,
  steered_BTD: Tensor3D,
  { heads }: PatchMode,
  caches: readonly KvCache[] | undefined,
): Tensor3D {
  const i = config.layerCount - 1;
  const projectStream = (stream_BTD: Tensor3D) => {
    const normed_BTD = normalise(stream_BTD, `layers.${i}.attention.norm`, parameters, config);
    return projectHeads(normed_BTD, `layers.${i}`, parameters, config);
  };
  const [plain, steered] = [projectStream(plain_BTD), projectStream(steered_BTD)];
  const frequencies = ropeFrequencies(config);
  const groups = groupHeads(heads);
  const mixes = groups.map(({ source }, group) => {
    const cache = caches?.[group];
    const q_BHTC = (source.q ? steered : plain).q_BHTC;
    const k_BGTC = (source.k ? steered : plain).k_BGTC;
    const v_BGTC = (source.v ? steered : plain).v_BGTC;
    const window = config.attention.windows[i];
    const mixing = {
      window,
      frequencies,
      firstPosition: cache?.length ?? 0,
      layer: i,
      ...(cache && { cache }),
    };
    return mixHeads({ q_BHTC, k_BGTC, v_BGTC }, config, mixing);
  });
  if (mixes.length === 1) return mixes[0];
  return joinHeads(
    mixes,
    groups.map((group) => group.heads),
    config,
  );
}

/** Of each mix the heads of its group. */
function joinHeads(
  mixes: readonly Tensor3D[],
  headsOf: readonly (readonly number[])[],
  { headCount: H, headWidth: C }: DecoderConfig,
): Tensor3D {
  const [B, T] = mixes[0].shape;
  const chosen = mixes.map((mix_BTX, group) => {
    const isChosen_H = Array.from({ length: H }, (_, head) => Number(headsOf[group].includes(head)));
    return mix_BTX.reshape<Tensor4D>([B, T, H, C]).mul(tf.tensor4d(isChosen_H, [1, 1, H, 1]));
  });
  return chosen.reduce((sum, one) => sum.add(one)).reshape([B, T, H * C]);
}
