/**
 * Text <-> token ids as a model's tokenizer.json says. Byte-level BPE of the GPT-2 kind runs here, with a cache per
 * pre-token (some 50 times faster on a corpus); every other kind is left to @huggingface/tokenizers. Same ids, tested.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { createBpeEncoder } from './bpe-encoder.ts';
import { charsToBytes } from './byte-level.ts';

export interface Tokenizer {
  readonly vocabSize: number;
  /** Id written between documents, if the tokenizer names one. */
  readonly endOfText: number | undefined;
  encode(text: string): number[];
  decode(ids: ArrayLike<number>): string;
  /** The raw bytes of one token: possibly a fragment of a character. */
  bytes(id: number): Uint8Array;
  /** The bytes as UTF-8, invalid sequences as U+FFFD. */
  text(id: number): string;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether white space beside it is taken with it. */
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** The parts of tokenizer.json that are read here; the others pass through. */
export interface TokenizerJson {
  readonly [part: string]: unknown;
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer?: unknown;
  readonly post_processor?: unknown;
  readonly pre_tokenizer?: { type?: string; use_regex?: boolean; add_prefix_space?: boolean } | null;
  readonly decoder?: { type?: string } | null;
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly [string, string])[];
    readonly ignore_merges?: boolean;
    readonly byte_fallback?: boolean;
  };
}

const END_OF_TEXT_NAMES = ['<|endoftext|>', '<|end_of_text|>', '<eos>', '</s>'];

export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const json = await readJson(join(folder, 'tokenizer.json'));
  const config = await readJson(join(folder, 'tokenizer_config.json')).catch(() => ({}));
  return createTokenizer(json as unknown as TokenizerJson, config);
}

export function createTokenizer(json: TokenizerJson, config: object = {}): Tokenizer {
  const encode = isGpt2Like(json) ? createBpeEncoder(json) : createLibraryEncoder(json, config);
  const bytesOf = createBytes(json);
  const text = new TextDecoder();
  const endOfText = END_OF_TEXT_NAMES.map(
    (name) => json.added_tokens?.find((one) => one.content === name)?.id,
  );
  const bytes = (id: number): Uint8Array => {
    const found = bytesOf[id];
    if (!found) throw new Error(`Token ${id} does not exist: expected an id in 0..${bytesOf.length - 1}.`);
    return found;
  };
  return {
    vocabSize: bytesOf.length,
    endOfText: endOfText.find((id) => id !== undefined),
    encode,
    decode: (ids) => text.decode(Buffer.concat(Array.from(ids, bytes))),
    bytes,
    text: (id) => text.decode(bytes(id)),
  };
}

function isGpt2Like({
  pre_tokenizer,
  post_processor,
  normalizer,
  model,
  added_tokens,
}: TokenizerJson): boolean {
  return (
    model.type === 'BPE' &&
    !model.ignore_merges &&
    !model.byte_fallback &&
    !normalizer &&
    !post_processor &&
    pre_tokenizer?.type === 'ByteLevel' &&
    pre_tokenizer.use_regex !== false &&
    !pre_tokenizer.add_prefix_space &&
    (added_tokens ?? []).every((token) => !token.lstrip && !token.rstrip)
  );
}

function createLibraryEncoder(json: TokenizerJson, config: object): (text: string) => number[] {
  const library = new LibraryTokenizer(json, config);
  return (text) => library.encode(text, { add_special_tokens: false }).ids;
}

function createBytes(json: TokenizerJson): Uint8Array[] {
  const table: Uint8Array[] = [];
  const utf8 = new TextEncoder();
  const isByteLevel = json.decoder?.type === 'ByteLevel' || json.pre_tokenizer?.type === 'ByteLevel';
  for (const [piece, id] of Object.entries(json.model.vocab)) {
    table[id] = (isByteLevel && charsToBytes(piece)) || utf8.encode(piece.replaceAll('\u2581', ' '));
  }
  for (const { id, content } of json.added_tokens ?? []) table[id] = utf8.encode(content);
  for (let id = 0; id < table.length; id++) table[id] ??= new Uint8Array();
  return table;
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(
      `${path}: expected JSON, got something else (${(cause as Error).message}). Restore the file.`,
      {
        cause,
      },
    );
  }
}
