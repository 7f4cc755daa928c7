/**
 * From tensors by name to the four arrays of a dictionary: sizes follow from the biases, matrices are checked against them
 * (a transposed one is refused and called so), then each is read once in our orientation. Also the checks every format
 * shares. Axes: D hidden width, F features.
 */
import { ImportError } from './import-error.ts';
import type { ImportOptions } from './imported-dictionary.ts';
import type { TensorFile } from './safetensors-file.ts';
import { type StoredTensor, readFloats, readMatrix } from './stored-tensor.ts';

/** Encoder and decoder as float32; more than this asks to be allowed. */
const MAX_WEIGHTS_BYTES = 8 * 2 ** 30;

/** How a matrix lies in the file: features x hidden, or hidden x features. */
export type Orientation = 'FD' | 'DF';

export interface WeightNames {
  readonly encoder: readonly [name: string, lies: Orientation];
  readonly decoder: readonly [name: string, lies: Orientation];
  /** A vector over the features; zeros when the name is undefined. */
  readonly encoderBias?: string;
  /** A vector over the hidden width; zeros when undefined. */
  readonly decoderBias?: string;
  /** Any other vector over the features, where the encoder has no bias to tell F by. */
  readonly perFeature?: string;
}

/** Arrays of one's own, to be folded in place. */
export interface RawWeights {
  readonly width: number;
  readonly hiddenWidth: number;
  readonly encoder_FD: Float32Array;
  readonly encoderBias_F: Float32Array;
  readonly decoder_FD: Float32Array;
  readonly decoderBias_D: Float32Array;
}

export async function readWeights(
  source: TensorFile,
  names: WeightNames,
  options: ImportOptions,
): Promise<RawWeights> {
  const encoder = expectTensor(source, names.encoder[0]);
  const decoder = expectTensor(source, names.decoder[0]);
  const [F, D] = sizesOf(source, names, encoder);
  checkMatrix(encoder, names.encoder[1], F, D);
  checkMatrix(decoder, names.decoder[1], F, D);
  const mostBytes = options.maxWeightsBytes ?? MAX_WEIGHTS_BYTES;
  if (2 * F * D * 4 > mostBytes) {
    const advice = 'Allow more where there is memory for it (maxWeightsBytes).';
    throw new ImportError(source.file, `weights of at most ${mostBytes} bytes`, `${2 * F * D * 4}`, advice);
  }
  return {
    width: F,
    hiddenWidth: D,
    encoderBias_F: await readVector(source, names.encoderBias, F),
    decoderBias_D: await readVector(source, names.decoderBias, D),
    encoder_FD: await readMatrix(encoder, names.encoder[1] === 'DF'),
    decoder_FD: await readMatrix(decoder, names.decoder[1] === 'DF'),
  };
}

export function expectTensor({ file, tensors }: TensorFile, name: string): StoredTensor {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  const there = [...tensors.keys()].slice(0, 12).join(', ');
  throw new ImportError(
    file,
    `a tensor ${name}`,
    there === '' ? 'none' : there,
    'Is it a dictionary of that format?',
  );
}

/** Zeros when there is no name. */
export async function readVector(
  source: TensorFile,
  name: string | undefined,
  size: number,
): Promise<Float32Array> {
  if (name === undefined) return new Float32Array(size);
  const tensor = expectTensor(source, name);
  if (tensor.shape.length === 1 && tensor.shape[0] === size) return readFloats(tensor);
  throw new ImportError(
    source.file,
    `${name} of shape [${size}]`,
    shapeOf(tensor),
    'Is the file of this dictionary?',
  );
}

function sizesOf(source: TensorFile, names: WeightNames, encoder: StoredTensor): [F: number, D: number] {
  if (encoder.shape.length !== 2) {
    throw new ImportError(source.file, `a matrix ${encoder.name}`, shapeOf(encoder), 'Is it a dictionary?');
  }
  const [rows, columns] = encoder.shape;
  const lies = names.encoder[1];
  const along = (name: string | undefined): number | undefined => {
    if (name === undefined) return undefined;
    const { shape } = expectTensor(source, name);
    return shape.length === 1 ? shape[0] : undefined;
  };
  const F = along(names.encoderBias ?? names.perFeature) ?? (lies === 'FD' ? rows : columns);
  const D = along(names.decoderBias) ?? (lies === 'FD' ? columns : rows);
  if (F >= 1 && D >= 1) return [F, D];
  throw new ImportError(source.file, 'at least one feature', shapeOf(encoder), 'Is it a dictionary?');
}

function checkMatrix(tensor: StoredTensor, lies: Orientation, F: number, D: number): void {
  const [rows, columns] = lies === 'FD' ? [F, D] : [D, F];
  if (tensor.shape.length === 2 && tensor.shape[0] === rows && tensor.shape[1] === columns) return;
  const isTransposed = tensor.shape[0] === columns && tensor.shape[1] === rows;
  throw new ImportError(
    tensor.file,
    `${tensor.name} of shape [${rows}, ${columns}] beside biases of ${F} features and ${D} hidden`,
    `${shapeOf(tensor)}${isTransposed ? ', which is transposed' : ''}`,
    isTransposed ? 'Save the matrix transposed.' : 'Do all tensors belong to one dictionary?',
  );
}

function shapeOf({ shape }: StoredTensor): string {
  return `[${shape.join(', ')}]`;
}

/** k of a selection that keeps a fixed number of acts. */
export function expectK(k: number | undefined, width: number, file: string): number {
  if (k !== undefined && Number.isSafeInteger(k) && k >= 1 && k <= width) return k;
  throw new ImportError(
    file,
    `k as a whole number in 1..${width}`,
    `${k}`,
    'Give k as an option if you know it.',
  );
}

const STORED_PER_L0 = 4; // rows vary: four times the mean is hardly ever exceeded
const STORED_UNKNOWN = 512;

/** How many acts to store of a row where a threshold decides how many there are. */
export function storedActs(
  width: number,
  l0: number | undefined,
  options: ImportOptions,
  notes: string[],
): number {
  if (options.k !== undefined) return Math.max(1, Math.min(width, Math.ceil(options.k)));
  if (l0 !== undefined && l0 > 0) return Math.min(width, Math.ceil(STORED_PER_L0 * l0));
  const k = Math.min(width, STORED_UNKNOWN);
  notes.push(`The source tells no L0: at most ${k} acts of a row are stored.`);
  return k;
}
