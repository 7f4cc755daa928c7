/**
 * A tensor where it lies: number format, shape, strides, and its bytes in pieces. Read once, straight into the float32
 * array it is wanted in, transposed on the way where need be. Knows nothing of the container or of dictionaries.
 */
import { type Dtype, DTYPE_BYTES, bytesToFloats, bytesToNumber } from './float-bytes.ts';
import { COPY_AGAIN, ImportError } from './import-error.ts';

export interface StoredTensor {
  readonly file: string;
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Elements between neighbours along each axis. */
  readonly strides: readonly number[];
  /** From the first element to the last, in memory's order; pieces need not hold whole elements. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** A shape may repeat few stored numbers (stride 0) up to here; beyond, it would ask for memory the file does not back. */
const MAX_REPEATED_ELEMENTS = 1 << 22;

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Stored elements from the first to the last. */
export function extentOf(shape: readonly number[], strides: readonly number[]): number {
  if (countOf(shape) === 0) return 0;
  return 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 0);
}

/** As float32, row-major in the tensor's own shape. */
export async function readFloats(tensor: StoredTensor): Promise<Float32Array> {
  return finite(tensor, await readInOrder(tensor, tensor.shape, tensor.strides));
}

/** A matrix as float32, row-major, of [rows, columns] or, transposed, of [columns, rows]. */
export async function readMatrix(tensor: StoredTensor, transposed: boolean): Promise<Float32Array> {
  const { shape, strides } = tensor;
  const values = transposed
    ? await readInOrder(tensor, shape.toReversed(), strides.toReversed())
    : await readInOrder(tensor, shape, strides);
  return finite(tensor, values);
}

/** The only number of a tensor, in full precision. */
export async function readNumber(tensor: StoredTensor): Promise<number> {
  if (countOf(tensor.shape) !== 1) {
    throw new ImportError(
      tensor.file,
      `one number in ${tensor.name}`,
      `shape [${tensor.shape.join(', ')}]`,
      COPY_AGAIN,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of tensor.bytes()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== DTYPE_BYTES[tensor.dtype]) throw truncated(tensor, 1, 0);
  const value = bytesToNumber(bytes, tensor.dtype);
  finite(tensor, new Float32Array([value]));
  return value;
}

async function readInOrder(
  tensor: StoredTensor,
  shape: readonly number[],
  strides: readonly number[],
): Promise<Float32Array> {
  const count = countOf(shape);
  const extent = extentOf(shape, strides);
  if (count > Math.max(extent, MAX_REPEATED_ELEMENTS)) {
    throw new ImportError(
      tensor.file,
      `${count} numbers stored for ${tensor.name}`,
      `${extent}, repeated`,
      'Save the tensor with .contiguous() first.',
    );
  }
  const inMemory = rowMajorStrides(shape);
  if (strides.every((stride, axis) => stride === inMemory[axis] || shape[axis] === 1)) {
    return fill(tensor, new Float32Array(count), extent);
  }
  if (shape.length === 2 && strides[0] === 1 && strides[1] === shape[0]) {
    return fillTransposed(tensor, new Float32Array(count), shape[0], shape[1]);
  }
  return gather(await fill(tensor, new Float32Array(extent), extent), shape, strides);
}

async function fill(tensor: StoredTensor, values: Float32Array, extent: number): Promise<Float32Array> {
  let at = 0;
  for await (const piece of elements(tensor)) {
    if (at + piece.length > extent) throw truncated(tensor, extent, at + piece.length);
    values.set(piece, at);
    at += piece.length;
  }
  if (at !== extent) throw truncated(tensor, extent, at);
  return values;
}

/** Memory holds [columns, rows]; the result is [rows, columns]. */
async function fillTransposed(
  tensor: StoredTensor,
  values: Float32Array,
  rows: number,
  columns: number,
): Promise<Float32Array> {
  let row = 0;
  let column = 0;
  for await (const piece of elements(tensor)) {
    if (column * rows + row + piece.length > values.length) throw truncated(tensor, values.length, Infinity);
    for (let i = 0; i < piece.length; i++) {
      values[row * columns + column] = piece[i];
      row += 1;
      if (row === rows) {
        row = 0;
        column += 1;
      }
    }
  }
  if (column !== columns) throw truncated(tensor, values.length, column * rows + row);
  return values;
}

function gather(stored: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const values = new Float32Array(countOf(shape));
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < values.length; at++) {
    values[at] = stored[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] += 1;
      from += strides[axis];
      if (index[axis] < shape[axis]) break;
      from -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return values;
}

async function* elements(tensor: StoredTensor): AsyncGenerator<Float32Array> {
  const size = DTYPE_BYTES[tensor.dtype];
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of tensor.bytes()) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % size);
    rest = Buffer.from(bytes.subarray(whole));
    if (whole > 0) yield bytesToFloats(bytes.subarray(0, whole), tensor.dtype);
  }
  if (rest.length > 0) throw truncated(tensor, countOf(tensor.shape), NaN);
}

function truncated(tensor: StoredTensor, expected: number, got: number): ImportError {
  return new ImportError(
    tensor.file,
    `${expected} numbers of ${tensor.dtype} in ${tensor.name}`,
    Number.isFinite(got) ? `${got}` : 'another number of bytes',
    COPY_AGAIN,
  );
}

function finite(tensor: StoredTensor, values: Float32Array): Float32Array {
  const at = findNotFinite(values);
  if (at < 0) return values;
  throw new ImportError(
    tensor.file,
    `finite numbers in ${tensor.name}`,
    `${values[at]} at element ${at}`,
    'The dictionary diverged or was damaged: take another checkpoint.',
  );
}

/** The first element that is NaN or infinite, else -1. */
export function findNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]) < Infinity)) return i;
  return -1;
}
