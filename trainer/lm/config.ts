/**
 * The shape of a Llama-style decoder, read from a Hugging Face config.json. What this decoder does not do is refused by
 * name, never ignored.
 */
import { z } from 'zod';

const schema = z.object({
  model_type: z.literal('llama'),
  vocab_size: z.number().int().positive(),
  hidden_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive().optional(),
  head_dim: z.number().int().positive().optional(),
  intermediate_size: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().default(10_000),
  rope_scaling: z.null().optional(),
  hidden_act: z.literal('silu').default('silu'),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  tie_word_embeddings: z.boolean().default(false),
});

export interface LlamaConfig {
  readonly vocabSize: number;
  /** D */
  readonly hiddenWidth: number;
  /** L */
  readonly layerCount: number;
  /** H */
  readonly headCount: number;
  /** G: query heads share key and value heads in groups of H / G. */
  readonly kvHeadCount: number;
  /** C */
  readonly headWidth: number;
  /** M */
  readonly mlpWidth: number;
  /** Longest sequence, tokens. */
  readonly contextLength: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  readonly tiedEmbeddings: boolean;
}

/** `source` names the file in errors. */
export function parseConfig(json: unknown, source: string): LlamaConfig {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `${source}: "${issue.path.join('.')}" is not what a Llama-style decoder here can run (${issue.message}). ` +
        'Choose a model of type "llama" without biases and without RoPE scaling.',
    );
  }
  const raw = parsed.data;
  const kvHeadCount = raw.num_key_value_heads ?? raw.num_attention_heads;
  if (raw.num_attention_heads % kvHeadCount !== 0) {
    throw new Error(
      `${source}: expected num_attention_heads to be a multiple of num_key_value_heads, ` +
        `got ${raw.num_attention_heads} and ${kvHeadCount}. Correct the file.`,
    );
  }
  return {
    vocabSize: raw.vocab_size,
    hiddenWidth: raw.hidden_size,
    layerCount: raw.num_hidden_layers,
    headCount: raw.num_attention_heads,
    kvHeadCount,
    headWidth: raw.head_dim ?? raw.hidden_size / raw.num_attention_heads,
    mlpWidth: raw.intermediate_size,
    contextLength: raw.max_position_embeddings,
    normEps: raw.rms_norm_eps,
    ropeTheta: raw.rope_theta,
    tiedEmbeddings: raw.tie_word_embeddings,
  };
}

/** The same, as config.json: transformers' LlamaForCausalLM loads it. */
export function configJson(config: LlamaConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenWidth,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.kvHeadCount,
    head_dim: config.headWidth,
    intermediate_size: config.mlpWidth,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEps,
    rope_theta: config.ropeTheta,
    rope_scaling: null,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: config.tiedEmbeddings,
    bos_token_id: null,
    eos_token_id: 0,
    torch_dtype: 'float16',
  };
}
