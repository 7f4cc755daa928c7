/**
 * A decoder as a walk: it stops at every hookpoint, shows the hidden states there and takes back what is to be used
 * instead. Leaving early is simply not walking on. B batch, T positions, D hidden, H heads, G kv heads, C head width.
 */
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { embed, linear } from '../compute/layers.ts';
import { tf } from '../compute/tf.ts';
import { mixHeads, projectHeads, type Unrotated } from './attention.ts';
import type { DecoderConfig } from './config.ts';
import type { KvCache } from './kv-cache.ts';
import { createRoute, type Route } from './lime.ts';
import { runMlp } from './mlp.ts';
import { normalise } from './norm.ts';
import { createOwnership } from './ownership.ts';
import { EMBEDDING, FINAL_NORM, POSITIONS, UNEMBEDDING, type Parameters } from './parameters.ts';
import { project } from './projection.ts';
import { ropeFrequencies } from './rope-frequencies.ts';

export interface Stop {
  readonly hookpoint: string;
  readonly hidden_BTD: Tensor3D;
}

/**
 * Yields at hookpoints; `next(hidden)` replaces what was yielded. Returns the residual stream after the last layer.
 * What is yielded is freed when the walk goes on: clone what is to outlive that. What is given back stays the giver's.
 */
export type Walk = Generator<Stop, Tensor3D, Tensor3D | undefined>;

export interface WalkOptions {
  /** Tokens are read on top of those in it; it takes theirs in. */
  readonly cache?: KvCache;
  /** Instead of the model's own routers. */
  readonly route?: Route;
}

export function* walk(
  parameters: Parameters,
  config: DecoderConfig,
  tokens_BT: Tensor2D,
  { cache, route = createRoute(parameters, config) }: WalkOptions = {},
): Walk {
  const starts_B = cache?.lengths ?? [];
  const frequencies = ropeFrequencies(config);
  const projectedByLayer: Unrotated[] = [];
  const { own, make, turn, release } = createOwnership();

  function* show(hookpoint: string, hidden_BTD: Tensor3D): Walk {
    const given = yield { hookpoint, hidden_BTD };
    if (given === undefined || given === hidden_BTD) return hidden_BTD;
    release(hidden_BTD);
    return given;
  }

  /** Of the heads, before the output projection: [B, T, H * C]. */
  function attend(hidden_BTD: Tensor3D, i: number): Tensor3D {
    const [mixed_BTX, ...keysValues] = tf.tidy(() => {
      const attentionIn_BTD = normalise(hidden_BTD, `layers.${i}.attention.norm`, parameters, config);
      const projected = projectHeads(attentionIn_BTD, `layers.${i}`, parameters, config);
      const routed = route?.([...projectedByLayer, projected], attentionIn_BTD);
      const mixing = { window: config.attention.windows[i], frequencies, layer: i, cache };
      const mixed = mixHeads({ ...projected, ...routed }, config, mixing);
      return [mixed, ...(route ? [projected.k_BGTC, projected.v_BGTC] : [])];
    });
    const [k_BGTC, v_BGTC] = keysValues as Tensor4D[];
    if (route) projectedByLayer.push({ k_BGTC, v_BGTC });
    return own(mixed_BTX as Tensor3D);
  }

  /** What a block adds to the residual stream, from what it wrote. */
  function afterNorm(x_BTD: Tensor3D, block: string): Tensor3D {
    return config.hasPostNorms ? normalise(x_BTD, `${block}.postNorm`, parameters, config) : x_BTD;
  }

  const embedded_BTD = yield* show(
    'embed',
    make(() => embedTokens(parameters, config, tokens_BT)),
  );
  const place = () => addPositions(embedded_BTD, parameters, config, starts_B);
  let hidden_BTD = config.positions.kind === 'learned' ? turn([embedded_BTD], place) : embedded_BTD;
  for (let i = 0; i < config.layerCount; i++) {
    const layer = `layers.${i}`;
    const pre_BTD = yield* show(`${layer}.residual.pre`, hidden_BTD);
    const mixed_BTX = yield* show(`${layer}.attention.heads`, attend(pre_BTD, i));
    const writeAttention = () =>
      afterNorm(project(mixed_BTX, `${layer}.attention.output`, parameters), `${layer}.attention`);
    const attention_BTD = yield* show(`${layer}.attention.out`, turn([mixed_BTX], writeAttention));
    const addAttention = () => pre_BTD.add<Tensor3D>(attention_BTD);
    const mid_BTD = yield* show(`${layer}.residual.mid`, turn([pre_BTD, attention_BTD], addAttention));
    const writeMlp = () => {
      const mlpIn_BTD = normalise(mid_BTD, `${layer}.mlp.norm`, parameters, config);
      return afterNorm(runMlp(mlpIn_BTD, layer, parameters, config), `${layer}.mlp`);
    };
    const mlp_BTD = yield* show(`${layer}.mlp.out`, make(writeMlp));
    const addMlp = () => mid_BTD.add<Tensor3D>(mlp_BTD);
    hidden_BTD = yield* show(`${layer}.residual.post`, turn([mid_BTD, mlp_BTD], addMlp));
  }
  cache?.advance(tokens_BT.shape[1]);
  return hidden_BTD;
}

function embedTokens(parameters: Parameters, config: DecoderConfig, tokens_BT: Tensor2D): Tensor3D {
  const rows_BTD = embed(parameters[EMBEDDING] as Tensor2D, tokens_BT);
  return config.embeddingScale === 1 ? rows_BTD : rows_BTD.mul(config.embeddingScale);
}

/** `starts_B`: position of the first token of each sequence; 0 where none is given. */
function addPositions(
  hidden_BTD: Tensor3D,
  parameters: Parameters,
  { contextLength }: DecoderConfig,
  starts_B: readonly number[],
): Tensor3D {
  const [B, T, D] = hidden_BTD.shape;
  const [least, most] = [Math.min(...starts_B, Infinity), Math.max(...starts_B, 0)];
  if (most + T > contextLength) {
    throw new Error(
      `Expected at most ${contextLength} tokens, which is what the model has positions for, got ${most + T}. ` +
        'Shorten the sequence.',
    );
  }
  const table_PD = parameters[POSITIONS] as Tensor2D;
  if (least >= most) return hidden_BTD.add(tf.slice2d(table_PD, [most, 0], [T, D]));
  const positions_BT = starts_B.map((start) => Array.from({ length: T }, (_, t) => start + t));
  return hidden_BTD.add(embed(table_PD, tf.tensor2d(positions_BT, [B, T], 'int32')));
}

/** The walk without a stop. */
export function finish(walking: Walk): Tensor3D {
  let step = walking.next();
  while (!step.done) step = walking.next();
  return step.value;
}

/** Logits of the residual stream after the last layer. */
export function unembed(parameters: Parameters, config: DecoderConfig, hidden_BTD: Tensor3D): Tensor3D {
  const normed_BTD = normalise(hidden_BTD, FINAL_NORM, parameters, config);
  const logits_BTV = linear(normed_BTD, unembeddingOf(parameters, config));
  const cap = config.finalSoftCap;
  return cap === null ? logits_BTV : logits_BTV.div(cap).tanh().mul(cap);
}

export function unembeddingOf(parameters: Parameters, config: DecoderConfig): Tensor2D {
  return parameters[config.tiedEmbeddings ? EMBEDDING : UNEMBEDDING] as Tensor2D;
}
