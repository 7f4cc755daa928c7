/**
 * Text written with a patched last layer. The layers below it see nothing of the vector and keep their keys and values as in
 * lm/generate.ts; the patched layer keeps those of each group of heads that reads the same streams.
 */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { createRng, type Rng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { unembed, walk } from '../../lm/decoder.ts';
import { createCache, type KvCache } from '../../lm/kv-cache.ts';
import { pickToken } from '../../lm/pick-token.ts';
import { groupHeads, type PatchMode } from './patch-modes.ts';
import { lastStream, runPatchedLayer, type PatchedModel } from './patched-layer.ts';
import { valuesOf } from './texts.ts';

export interface PatchedSampling {
  /** Of each prompt, at most; the model's context ends it before. */
  readonly maxTokens: number;
  readonly temperature: number;
  /** Prompt i draws with seed + i, as generate() does. */
  readonly seed: number;
  readonly endTokens: readonly number[];
}

export interface Patch {
  readonly vector_D: Float32Array;
  readonly mode: PatchMode;
}

interface Row {
  readonly index: number;
  readonly tokens: number[];
  readonly promptLength: number;
  readonly mostTokens: number;
  readonly rng: Rng;
  hasEnded: boolean;
}

/** New tokens of each prompt, with the one that ended them. */
export function writePatched(
  model: PatchedModel,
  patch: Patch,
  prompts: readonly (readonly number[])[],
  sampling: PatchedSampling,
): number[][] {
  const rows = prompts.map((prompt, index) => createRow(model, prompt, index, sampling));
  let live = rows.filter((row) => row.mostTokens > row.promptLength);
  const reader = openReader(model, patch, live.length, Math.max(1, ...live.map((row) => row.mostTokens)));
  try {
    while (live.length > 0) {
      const logits_BV = readNext(model, reader, live);
      live.forEach(
        (row, i) => row.tokens.length === reader.length() && pickNext(row, logits_BV[i], sampling),
      );
      const going = live.filter((row) => !row.hasEnded);
      if (going.length > 0 && going.length < live.length) reader.pick(going.map((row) => live.indexOf(row)));
      live = going;
    }
  } finally {
    reader.dispose();
  }
  return rows.map(({ tokens, promptLength }) => tokens.slice(promptLength));
}

function createRow(
  { config }: PatchedModel,
  prompt: readonly number[],
  index: number,
  { maxTokens, seed }: PatchedSampling,
): Row {
  return {
    index,
    tokens: [...prompt],
    promptLength: prompt.length,
    mostTokens: Math.min(prompt.length + maxTokens, config.contextLength),
    rng: createRng(seed + index),
    hasEnded: false,
  };
}

function pickNext(row: Row, logits_V: Float32Array, sampling: PatchedSampling): void {
  const token = pickToken(logits_V, { temperature: sampling.temperature }, row.rng);
  row.tokens.push(token);
  row.hasEnded = sampling.endTokens.includes(token) || row.tokens.length >= row.mostTokens;
}

/** As many tokens as all rows still have; the logits behind the last, row by row. */
function readNext({ config }: PatchedModel, reader: PatchedReader, live: readonly Row[]): Float32Array[] {
  const from = reader.length();
  const count = Math.min(...live.map((row) => row.tokens.length)) - from;
  const tokens = live.map((row) => row.tokens.slice(from, from + count));
  const values = valuesOf(() => reader.read(tf.tensor2d(tokens, [live.length, count], 'int32')));
  const V = config.vocabSize;
  return live.map((_, i) => values.subarray(i * V, (i + 1) * V));
}

interface PatchedReader {
  /** Tokens read. */
  length(): number;
  /** Logits behind the last token: [B, 1, V]. Inside tidy. */
  read(tokens_BT: Tensor2D): Tensor3D;
  pick(rows: readonly number[]): void;
  dispose(): void;
}

function openReader(
  model: PatchedModel,
  { vector_D, mode }: Patch,
  rows: number,
  capacity: number,
): PatchedReader {
  const { parameters, config } = model;
  const lower = createCache(config, rows, capacity);
  const caches = groupHeads(mode.heads).map(() => createCache(config, rows, capacity));
  const all: readonly KvCache[] = [lower, ...caches];
  return {
    length: () => lower.length,
    read(tokens_BT) {
      const [B, T] = tokens_BT.shape;
      const x_BTD = walkToLast(model, tokens_BT, lower);
      const hidden_BTD = runPatchedLayer(model, x_BTD, vector_D, mode, caches);
      for (const cache of all) cache.advance(T);
      return unembed(parameters, config, hidden_BTD.slice([0, T - 1, 0], [B, 1, config.hiddenWidth]));
    },
    pick: (picked) => all.forEach((cache) => cache.pick(picked)),
    dispose: () => all.forEach((cache) => cache.dispose()),
  };
}

/** The plain stream before the last layer. Inside tidy; whoever calls advances the cache. */
export function walkToLast(
  { parameters, config }: PatchedModel,
  tokens_BT: Tensor2D,
  cache?: KvCache,
): Tensor3D {
  for (const { hookpoint, hidden_BTD } of walk(parameters, config, tokens_BT, cache ? { cache } : {})) {
    if (hookpoint === lastStream(config)) return hidden_BTD;
  }
  throw new Error(`Hookpoint ${lastStream(config)} was never reached: hookpoints and walk disagree.`);
}
