/** A stitched boost as one safetensors file: four matrices as of one dictionary, and beside them how each block chooses. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Selection } from '../sae/dictionary.ts';
import { isDictionaryKind } from '../sae/kinds.ts';
import { parseContainer, toParts } from '../sae/safetensors.ts';
import { type Written, writeDurably } from '../sae/write-durably.ts';
import type { Block, StitchedWeights } from './stitched.ts';

const FORMAT = 'residua-stitched-1';

/** What the header says of a block; thresholds lie in an array of their own. */
interface BlockHeader {
  readonly kind: string;
  readonly features: number;
  readonly k: number;
  readonly by: Selection['by'];
}

/** `facts` travel in the file's metadata: model, hookpoint, which base and boosts. */
export async function saveStitched(
  path: string,
  stitched: StitchedWeights,
  facts: Readonly<Record<string, string>> = {},
): Promise<Written> {
  const { hiddenWidth: D, blocks } = stitched;
  const F = stitched.encoderBias_F.length;
  const arrays = {
    encoder: { values: stitched.encoder_FD, shape: [F, D] },
    encoder_bias: { values: stitched.encoderBias_F, shape: [F] },
    decoder: { values: stitched.decoder_FD, shape: [F, D] },
    decoder_bias: { values: stitched.decoderBias_D, shape: [D] },
    threshold: { values: thresholdsOf(blocks, F), shape: [F] },
  };
  const headers = blocks.map(({ kind, features, k, selection }): BlockHeader => ({
    kind,
    features,
    k,
    by: selection.by,
  }));
  const metadata = { ...facts, format: FORMAT, blocks: JSON.stringify(headers) };
  return writeDurably(path, toParts({ arrays, metadata }));
}

/** Of every feature; 0 in blocks that choose otherwise. */
function thresholdsOf(blocks: readonly Block[], F: number): Float32Array {
  const threshold_F = new Float32Array(F);
  let first = 0;
  for (const { features, selection } of blocks) {
    if (selection.by === 'threshold') threshold_F.set(selection.threshold_F, first);
    first += features;
  }
  return threshold_F;
}

export interface LoadedStitched {
  readonly stitched: StitchedWeights;
  readonly facts: Readonly<Record<string, string>>;
  readonly sha256: string;
}

export async function loadStitched(path: string): Promise<LoadedStitched> {
  const bytes = await readFile(path);
  const { arrays, metadata } = parseContainer(bytes, path);
  const { format, blocks: json = '[]', ...facts } = metadata;
  if (format !== FORMAT) {
    throw new Error(
      `${path}: expected format ${FORMAT}, got "${format}". Is it the stitched form of a boost?`,
    );
  }
  const values = (name: string) => arrays[name].values as Float32Array;
  const [F, hiddenWidth] = arrays.encoder.shape;
  const stitched = {
    hiddenWidth,
    blocks: parseBlocks(JSON.parse(json) as BlockHeader[], values('threshold'), path),
    encoder_FD: values('encoder'),
    encoderBias_F: values('encoder_bias'),
    decoder_FD: values('decoder'),
    decoderBias_D: values('decoder_bias'),
  };
  const features = stitched.blocks.reduce((sum, block) => sum + block.features, 0);
  if (features !== F) {
    throw new Error(
      `${path}: expected blocks of ${F} features in all, got ${features}. Make the file again.`,
    );
  }
  return { stitched, facts, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function parseBlocks(headers: readonly BlockHeader[], threshold_F: Float32Array, path: string): Block[] {
  let first = 0;
  return headers.map(({ kind, features, k, by }) => {
    if (!isDictionaryKind(kind)) {
      throw new Error(`${path}: expected blocks of a known kind, got "${kind}". Is it of this version?`);
    }
    const selection: Selection =
      by === 'threshold' ? { by, threshold_F: threshold_F.slice(first, first + features) } : { by, k };
    first += features;
    return { kind, features, k, selection };
  });
}
