/** A finished dictionary as a plain safetensors file, in the units of the hidden states; its sha256 is its identity. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DictionaryWeights } from './dictionary.ts';
import { isDictionaryKind } from './kinds.ts';
import { parseContainer, toParts } from './safetensors.ts';
import { type Written, writeDurably } from './write-durably.ts';

const FORMAT = 'residua-dictionary-1';

/** `facts` travel in the file's metadata: model, hookpoint, corpus. */
export async function saveDictionary(
  path: string,
  weights: DictionaryWeights,
  facts: Readonly<Record<string, string>> = {},
): Promise<Written> {
  const { kind, width: F, hiddenWidth: D, k } = weights;
  const arrays = {
    encoder: { values: weights.encoder_FD, shape: [F, D] },
    encoder_bias: { values: weights.encoderBias_F, shape: [F] },
    decoder: { values: weights.decoder_FD, shape: [F, D] },
    decoder_bias: { values: weights.decoderBias_D, shape: [D] },
  };
  return writeDurably(path, toParts({ arrays, metadata: { ...facts, format: FORMAT, kind, k: String(k) } }));
}

export interface LoadedDictionary {
  readonly weights: DictionaryWeights;
  readonly facts: Readonly<Record<string, string>>;
  readonly sha256: string;
}

/** With `sha256`, refuses any other bytes. */
export async function loadDictionary(path: string, sha256?: string): Promise<LoadedDictionary> {
  const bytes = await readFile(path);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== undefined && actual !== sha256) {
    throw new Error(
      `${path}: expected sha256 ${sha256}, got ${actual}. Fit the dictionary again, or copy the file again.`,
    );
  }
  const { arrays, metadata } = parseContainer(bytes, path);
  const { format, kind, k, ...facts } = metadata;
  if (format !== FORMAT || !isDictionaryKind(kind)) {
    throw new Error(
      `${path}: expected format ${FORMAT} of a known kind, got "${format}", "${kind}". Is it a dictionary of this version?`,
    );
  }
  const [width, hiddenWidth] = arrays.encoder.shape;
  const weights = {
    kind,
    width,
    hiddenWidth,
    k: Number(k),
    encoder_FD: arrays.encoder.values as Float32Array,
    encoderBias_F: arrays.encoder_bias.values as Float32Array,
    decoder_FD: arrays.decoder.values as Float32Array,
    decoderBias_D: arrays.decoder_bias.values as Float32Array,
  };
  return { weights, facts, sha256: actual };
}
