/** A finished dictionary as a plain safetensors file, in the units of the hidden states; its sha256 is its identity. */
import type { DictionaryWeights, RowNormalisation, Selection } from './dictionary.ts';
import { isDictionaryKind } from './kinds.ts';
import { type Container, parseContainer, toParts } from './safetensors.ts';
import { readWhole, sha256Of } from './read-whole.ts';
import { type Written, writeDurably } from './write-durably.ts';

const FORMAT = 'residua-dictionary-1';

/** `facts` travel in the file's metadata: model, hookpoint, corpus. */
export async function saveDictionary(
  path: string,
  weights: DictionaryWeights,
  facts: Readonly<Record<string, string>> = {},
): Promise<Written> {
  const { kind, width: F, hiddenWidth: D, k, selection, groupEnds } = weights;
  const arrays = {
    encoder: { values: weights.encoder_FD, shape: [F, D] },
    encoder_bias: { values: weights.encoderBias_F, shape: [F] },
    decoder: { values: weights.decoder_FD, shape: [F, D] },
    decoder_bias: { values: weights.decoderBias_D, shape: [D] },
    ...(selection.by === 'threshold' && { threshold: { values: selection.threshold_F, shape: [F] } }),
  };
  const metadata = {
    ...facts,
    format: FORMAT,
    kind,
    k: String(k),
    selection: selection.by,
    centred: String(weights.centred),
    normalisation: weights.normalisation,
    ...(groupEnds && { group_ends: groupEnds.join(',') }),
  };
  return writeDurably(path, toParts({ arrays, metadata }));
}

export interface LoadedDictionary {
  readonly weights: DictionaryWeights;
  readonly facts: Readonly<Record<string, string>>;
  readonly sha256: string;
}

/** With `sha256`, refuses any other bytes. */
export async function loadDictionary(path: string, sha256?: string): Promise<LoadedDictionary> {
  const bytes = await readWhole(path);
  const actual = sha256Of(bytes);
  if (sha256 !== undefined && actual !== sha256) {
    throw new Error(
      `${path}: expected sha256 ${sha256}, got ${actual}. Fit the dictionary again, or copy the file again.`,
    );
  }
  const { weights, facts } = parseDictionary(parseContainer(bytes, path), path);
  return { weights, facts, sha256: actual };
}

/** The first files had none of selection, centred and normalisation: they held what is the default here. */
function parseDictionary({ arrays, metadata }: Container, path: string): Omit<LoadedDictionary, 'sha256'> {
  const {
    format,
    kind,
    k,
    selection: by = 'topk',
    centred = 'true',
    normalisation = 'none',
    group_ends,
    ...facts
  } = metadata;
  if (format !== FORMAT || !isDictionaryKind(kind)) {
    throw new Error(
      `${path}: expected format ${FORMAT} of a known kind, got "${format}", "${kind}". Is it a dictionary of this version?`,
    );
  }
  const [width, hiddenWidth] = arrays.encoder.shape;
  const values = (name: string) => arrays[name].values as Float32Array;
  const selection = (
    by === 'threshold' ? { by, threshold_F: values('threshold') } : { by, k: Number(k) }
  ) as Selection;
  const weights: DictionaryWeights = {
    kind,
    width,
    hiddenWidth,
    k: Number(k),
    encoder_FD: values('encoder'),
    encoderBias_F: values('encoder_bias'),
    decoder_FD: values('decoder'),
    decoderBias_D: values('decoder_bias'),
    selection,
    centred: centred === 'true',
    normalisation: normalisation as RowNormalisation,
    ...(group_ends !== undefined && { groupEnds: group_ends.split(',').map(Number) }),
  };
  return { weights, facts };
}
