/**
 * The named weights of a Llama-style decoder, exactly as Hugging Face names and lays them out ([out, in]), their shapes,
 * and how a new model starts. Knows nothing of how they are trained.
 */
import type { Tensor } from '@tensorflow/tfjs';
import type { LlamaConfig } from './config.ts';
import type { NamedArray } from './safetensors.ts';

export type Parameters = Readonly<Record<string, Tensor>>;

export const EMBEDDING = 'model.embed_tokens.weight';
export const FINAL_NORM = 'model.norm.weight';
export const UNEMBEDDING = 'lm_head.weight';

/** Names of layer i, in the order the layer uses them. */
export function layerNames(i: number) {
  const prefix = `model.layers.${i}`;
  return {
    attentionNorm: `${prefix}.input_layernorm.weight`,
    query: `${prefix}.self_attn.q_proj.weight`,
    key: `${prefix}.self_attn.k_proj.weight`,
    value: `${prefix}.self_attn.v_proj.weight`,
    output: `${prefix}.self_attn.o_proj.weight`,
    mlpNorm: `${prefix}.post_attention_layernorm.weight`,
    gate: `${prefix}.mlp.gate_proj.weight`,
    up: `${prefix}.mlp.up_proj.weight`,
    down: `${prefix}.mlp.down_proj.weight`,
  };
}

export function parameterShapes(config: LlamaConfig): Record<string, number[]> {
  const { hiddenWidth: D, mlpWidth: M, headWidth: C, headCount: H, kvHeadCount: G, vocabSize: V } = config;
  const shapes: Record<string, number[]> = { [EMBEDDING]: [V, D] };
  for (let i = 0; i < config.layerCount; i++) {
    const names = layerNames(i);
    shapes[names.attentionNorm] = [D];
    shapes[names.query] = [H * C, D];
    shapes[names.key] = [G * C, D];
    shapes[names.value] = [G * C, D];
    shapes[names.output] = [D, H * C];
    shapes[names.mlpNorm] = [D];
    shapes[names.gate] = [M, D];
    shapes[names.up] = [M, D];
    shapes[names.down] = [D, M];
  }
  shapes[FINAL_NORM] = [D];
  if (!config.tiedEmbeddings) shapes[UNEMBEDDING] = [V, D];
  return shapes;
}

export function countParameters(config: LlamaConfig): number {
  return Object.values(parameterShapes(config)).reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
}

/** Norms at 1; matrices normal with sd 0.02, those that write into the residual stream divided by sqrt(2 L) (GPT-2, s.2.3). */
export function createParameters(config: LlamaConfig, rng: { normal(): number }): Record<string, NamedArray> {
  const residualSd = 0.02 / Math.sqrt(2 * config.layerCount);
  const isResidualWriter = (name: string) =>
    name.endsWith('o_proj.weight') || name.endsWith('down_proj.weight');
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (shape.length === 1) values.fill(1);
      else {
        const sd = isResidualWriter(name) ? residualSd : 0.02;
        for (let i = 0; i < values.length; i++) values[i] = sd * rng.normal();
      }
      return [name, { shape, values }];
    }),
  );
}

/** Every weight the config asks for, each of its shape, and no other. */
export function checkParameters(
  found: Readonly<Record<string, NamedArray>>,
  config: LlamaConfig,
  source: string,
): void {
  const expected = parameterShapes(config);
  for (const [name, shape] of Object.entries(expected)) {
    const got = found[name] ? `[${found[name].shape.join(', ')}]` : 'none';
    if (got !== `[${shape.join(', ')}]`) {
      throw new Error(
        `${source}: expected ${name} of shape [${shape.join(', ')}], got ${got}. ` +
          'config.json and the weights do not belong together: restore both from one source.',
      );
    }
  }
  const extra = Object.keys(found).find((name) => !(name in expected));
  if (extra) {
    throw new Error(
      `${source}: expected only the weights of a Llama decoder, got ${extra}. Choose a supported model.`,
    );
  }
}
