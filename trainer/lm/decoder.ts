/**
 * A Llama-style decoder as a walk: it stops at every hookpoint, shows the hidden states there and takes back what is to
 * be used instead. Leaving early is simply not walking on. B batch, T positions, D hidden, H heads, G kv heads, C head width.
 */
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs';
import { causalAttention, embed, linear, rmsNorm, rope, swiglu } from '../compute/layers.ts';
import type { LlamaConfig } from './config.ts';
import { EMBEDDING, FINAL_NORM, layerNames, UNEMBEDDING, type Parameters } from './parameters.ts';

export interface Stop {
  readonly hookpoint: string;
  readonly hidden_BTD: Tensor3D;
}

/** Yields at hookpoints; `next(hidden)` replaces what was yielded. Returns the residual stream after the last layer. */
export type Walk = Generator<Stop, Tensor3D, Tensor3D | undefined>;

export function listHookpoints(config: LlamaConfig): string[] {
  const places = ['residual.pre', 'attention.out', 'residual.mid', 'mlp.out', 'residual.post'];
  const layers = Array.from({ length: config.layerCount }, (_, i) =>
    places.map((place) => `layers.${i}.${place}`),
  );
  return ['embed', ...layers.flat()];
}

export function* walk(parameters: Parameters, config: LlamaConfig, tokens_BT: Tensor2D): Walk {
  let hidden_BTD = yield* show('embed', embed(parameters[EMBEDDING] as Tensor2D, tokens_BT));
  for (let i = 0; i < config.layerCount; i++) {
    const names = layerNames(i);
    const weight = (name: keyof typeof names) => parameters[names[name]];
    hidden_BTD = yield* show(`layers.${i}.residual.pre`, hidden_BTD);
    const attentionIn_BTD = rmsNorm(hidden_BTD, weight('attentionNorm') as Tensor1D, config.normEps);
    const attention_BTD = yield* show(
      `layers.${i}.attention.out`,
      attend(attentionIn_BTD, parameters, config, i),
    );
    hidden_BTD = yield* show(`layers.${i}.residual.mid`, hidden_BTD.add(attention_BTD));
    const mlpIn_BTD = rmsNorm(hidden_BTD, weight('mlpNorm') as Tensor1D, config.normEps);
    const gated_BTM = swiglu(
      linear(mlpIn_BTD, weight('gate') as Tensor2D),
      linear(mlpIn_BTD, weight('up') as Tensor2D),
    );
    const mlp_BTD = yield* show(`layers.${i}.mlp.out`, linear(gated_BTM, weight('down') as Tensor2D));
    hidden_BTD = yield* show(`layers.${i}.residual.post`, hidden_BTD.add(mlp_BTD));
  }
  return hidden_BTD;
}

function* show(hookpoint: string, hidden_BTD: Tensor3D): Walk {
  return (yield { hookpoint, hidden_BTD }) ?? hidden_BTD;
}

function attend(x_BTD: Tensor3D, parameters: Parameters, config: LlamaConfig, i: number): Tensor3D {
  const [B, T] = x_BTD.shape;
  const { headCount: H, kvHeadCount: G, headWidth: C, ropeTheta } = config;
  const names = layerNames(i);
  const heads = (name: string, count: number): Tensor4D =>
    linear(x_BTD, parameters[name] as Tensor2D)
      .reshape([B, T, count, C])
      .transpose([0, 2, 1, 3]);
  const mixed_BHTC = causalAttention(
    rope(heads(names.query, H), ropeTheta),
    rope(heads(names.key, G), ropeTheta),
    heads(names.value, G),
  );
  const mixed_BTD: Tensor3D = mixed_BHTC.transpose([0, 2, 1, 3]).reshape([B, T, H * C]);
  return linear(mixed_BTD, parameters[names.output] as Tensor2D);
}

/** The walk without a stop. */
export function finish(walking: Walk): Tensor3D {
  let step = walking.next();
  while (!step.done) step = walking.next();
  return step.value;
}

export function unembed(parameters: Parameters, config: LlamaConfig, hidden_BTD: Tensor3D): Tensor3D {
  const normed_BTD = rmsNorm(hidden_BTD, parameters[FINAL_NORM] as Tensor1D, config.normEps);
  return linear(normed_BTD, unembeddingOf(parameters, config));
}

export function unembeddingOf(parameters: Parameters, config: LlamaConfig): Tensor2D {
  return parameters[config.tiedEmbeddings ? EMBEDDING : UNEMBEDDING] as Tensor2D;
}
