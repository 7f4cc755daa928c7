/** What the training of a reasoner starts from: sizes and a tokenizer of its own, or another reasoner. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLlamaConfig } from '../../lm/architectures/llama.ts';
import type { DecoderConfig } from '../../lm/config.ts';
import { loadModel } from '../../lm/model.ts';
import type { NamedArray } from '../../lm/safetensors.ts';
import { createTokenizer, type TokenizerJson } from '../../lm/tokenizer/tokenizer.ts';
import { createChat, type ChatConfig } from '../../steering/chat.ts';
import type { Speech } from '../../steering/reasoner/conversations.ts';
import { createTokenizerConfig, fitReasonerTokenizer, TURN_END } from '../../steering/reasoner/tokenizer.ts';
import { findModelFolder } from '../model-folder.ts';
import { readSettings } from '../settings.ts';

export interface Start {
  readonly config: DecoderConfig;
  readonly speech: Speech;
  readonly tokenizerJson: TokenizerJson;
  readonly tokenizerConfig: ChatConfig;
  /** Weights; drawn from the seed when absent. */
  readonly arrays?: Readonly<Record<string, NamedArray>>;
  readonly from?: Origin;
}

/** Where weights are from, and where those were from. */
export interface Origin {
  readonly slug: string;
  readonly weightsSha256: string;
  readonly command: unknown;
  readonly codeCommit: unknown;
  readonly from?: unknown;
}

export interface StartOptions {
  readonly from?: string;
  readonly seed: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
  readonly context: number;
  readonly vocab: number;
}

export async function openStart(options: StartOptions): Promise<Start> {
  if (options.from !== undefined) return startFrom(findModelFolder(options.from, readSettings().home));
  const tokenizerJson = fitReasonerTokenizer(options.vocab, options.seed);
  const tokenizerConfig = createTokenizerConfig(options.context);
  const speech = createSpeech(tokenizerJson, tokenizerConfig, '--vocab');
  const config = createLlamaConfig({
    vocabSize: speech.tokenizer.vocabSize,
    hiddenWidth: options.width,
    layerCount: options.layers,
    headCount: options.heads,
    kvHeadCount: options.heads,
    headWidth: options.width / options.heads,
    mlpWidth: options.mlp,
    contextLength: options.context,
    tiedEmbeddings: true,
  });
  return { config, speech, tokenizerJson, tokenizerConfig };
}

async function startFrom(folder: string): Promise<Start> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, name), 'utf8'));
  const model = await loadModel(folder);
  const { config, slug, sha256, trainingJson } = model;
  const arrays = Object.fromEntries(
    Object.entries(model.parameters).map(([name, one]) => [
      name,
      { shape: one.shape, values: Float32Array.from(one.dataSync()) },
    ]),
  );
  model.dispose();
  const tokenizerJson = (await read('tokenizer.json')) as TokenizerJson;
  const tokenizerConfig = (await read('tokenizer_config.json')) as ChatConfig;
  const speech = createSpeech(tokenizerJson, tokenizerConfig, folder);
  const { command = null, codeCommit = null, from: earlier } = trainingJson ?? {};
  const from = { slug, weightsSha256: sha256, command, codeCommit, ...(earlier ? { from: earlier } : {}) };
  return { config, speech, tokenizerJson, tokenizerConfig, arrays, from };
}

function createSpeech(json: TokenizerJson, config: ChatConfig, place: string): Speech {
  const tokenizer = createTokenizer(json, config);
  const [turnEnd, ...more] = tokenizer.encode(TURN_END);
  if (more.length > 0) {
    throw new Error(
      `${place}: expected a tokenizer with the token ${TURN_END}, got one without. ` +
        'Go on from a model that residua train-reasoner made.',
    );
  }
  return { tokenizer, chat: createChat(config, tokenizer, place), turnEnd };
}
