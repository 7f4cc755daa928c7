/** What a decoder holds in memory: its weights, what a walk through its layers needs, and kept keys and values. */
import { createItem, type MemoryItem } from '../compute/memory.ts';
import type { DecoderConfig } from './config.ts';
import { neededParameters, sizeOf } from './parameters.ts';

/** Of all of it, or of what is loaded up to a hookpoint. */
export function modelMemory(config: DecoderConfig, upTo?: string): MemoryItem[] {
  const shapes = Object.values(neededParameters(config, upTo));
  const weights = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  return [createItem('model weights', { axes: { weights } })];
}

export interface ForwardSize {
  /** Sequences B. */
  readonly rows: number;
  /** Tokens T of each. */
  readonly contextLength: number;
  /** Layers walked through; all when absent. */
  readonly layers?: number;
  /** False where the layers are composed of ordinary operations, whose intermediates are all stored. */
  readonly isFused: boolean;
}

/** A walk frees what it has used up: one layer is in memory at a time, and the residual stream. */
export function forwardMemory(config: DecoderConfig, size: ForwardSize): MemoryItem[] {
  const { rows: B, contextLength: T, layers = config.layerCount } = size;
  const perToken = 2 * config.hiddenWidth + (layers === 0 ? 0 : valuesPerToken(config));
  return [
    createItem('activations of a layer', { axes: { B, T, 'values per token': perToken } }),
    ...(layers === 0 ? [] : scoreMemory(config, size)),
  ];
}

/** Under a gradient every layer's values stay until the backward pass has used them. */
export function tapeMemory(config: DecoderConfig, size: ForwardSize): MemoryItem[] {
  const { rows: B, contextLength: T, layers = config.layerCount } = size;
  const axes = { layers, B, T, 'values per token': valuesPerToken(config) };
  return [createItem('activations', { axes }), ...scoreMemory(config, size)];
}

function scoreMemory(config: DecoderConfig, size: ForwardSize): MemoryItem[] {
  const { rows: B, contextLength: T, isFused } = size;
  if (isFused) return [];
  const axes = { B, H: config.headCount, T, S: T };
  // Product, scaled, masked, and softmax's maximum-free, exponential and quotient, of the layer at work.
  return [createItem('attention scores of a layer', { axes, copies: 6 })];
}

export interface CacheSize {
  /** Sequences B. */
  readonly rows: number;
  /** Tokens of each, at most. A prompt of several sequences is a cache of its own where kernels are fused. */
  readonly capacity: number;
  /** As in ForwardSize. */
  readonly isFused: boolean;
}

/** Fused kernels write in place, into whole blocks of 16 tokens; others join tensors, so one layer's are there twice. */
export function cacheMemory(config: DecoderConfig, { rows: B, capacity, isFused }: CacheSize): MemoryItem[] {
  const { kvHeadCount: G, headWidth: C, attention } = config;
  const block = isFused ? 16 : 1;
  const lengths = attention.windows.map((window) => {
    return Math.ceil(Math.min(capacity, window ?? capacity) / block) * block;
  });
  const tokens = lengths.reduce((sum, length) => sum + length, 0) + (isFused ? 0 : Math.max(...lengths));
  return [createItem('kept keys and values', { axes: { B, tokens, G, C }, copies: 2 })];
}

/**
 * Of one layer: 6 of width D (two norms, two outputs, two sums), 5 of the queries', 5 of the keys' and values', 4 of the
 * MLP's; routed keys and values.
 */
function valuesPerToken(config: DecoderConfig): number {
  const { hiddenWidth: D, headCount: H, kvHeadCount: G, headWidth: C, mlpWidth: M } = config;
  const routed = config.lime ? 2 * G * C : 0;
  return 6 * D + 5 * H * C + 5 * G * C + 4 * M + routed;
}

/**
 * Buffers that the native backend keeps for reuse by size: the last batch of a text is shorter, by half on average, and
 * leaves a set of its own beside that of whole batches.
 */
export function idleForwardMemory(
  config: DecoderConfig,
  size: ForwardSize,
  lastBatches: number,
): MemoryItem[] {
  if (!size.isFused) return [];
  const half = { ...size, rows: size.rows / 2 };
  return keptForReuse([...forwardMemory(config, half), ...logitMemory(config, half)], lastBatches);
}

/** The same where no batch is turned into logits as a whole. */
export function idleWalkMemory(config: DecoderConfig, size: ForwardSize): MemoryItem[] {
  return size.isFused ? keptForReuse(forwardMemory(config, { ...size, rows: size.rows / 2 }), 1) : [];
}

/**
 * Where ever other shapes follow each other the native backend holds twice what is used at once (compute/native/buffer-pool.ts);
 * `times`: what of these items is used at once.
 */
export const keptForReuse = (items: readonly MemoryItem[], times: number): MemoryItem[] =>
  items.map((item) => ({
    ...item,
    name: `kept for reuse: ${item.name}`,
    sizes: `${times} x ${item.sizes}`,
    sizeBytes: times * item.sizeBytes,
  }));

/** The logits of all positions, and what the cross-entropy makes of them. */
export function logitMemory(config: DecoderConfig, size: ForwardSize): MemoryItem[] {
  const { rows: B, contextLength: T, isFused } = size;
  // Composed: log-softmax's four and the one-hot targets.
  const copies = isFused ? 1 : 6;
  return [createItem('logits', { axes: { B, T, V: config.vocabSize }, copies })];
}
