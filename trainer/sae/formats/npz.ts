/** numpy's .npz: a zip of .npy arrays, each with a header that is a Python literal. Object arrays (pickles) are refused. */
import { type Dtype, DTYPE_BYTES } from './float-bytes.ts';
import { COPY_AGAIN, ImportError } from './import-error.ts';
import type { TensorFile } from './safetensors-file.ts';
import type { SourceFile } from './source-file.ts';
import { type StoredTensor, countOf, rowMajorStrides } from './stored-tensor.ts';
import { type ZipEntry, type ZipFile, openZip } from './zip-file.ts';

const MAGIC = '\x93NUMPY';
const MAX_HEADER_BYTES = 4096; // a shape and two words
const DTYPES: Readonly<Record<string, Dtype>> = {
  '<f8': 'F64',
  '<f4': 'F32',
  '<f2': 'F16',
  '<i8': 'I64',
  '<i4': 'I32',
};

export async function openNpz(source: SourceFile): Promise<TensorFile> {
  const zip = await openZip(source);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of zip.entries.values()) {
    if (!entry.name.endsWith('.npy')) {
      throw new ImportError(
        source.path,
        'an archive of .npy arrays',
        entry.name,
        'Is it numpy that wrote it?',
      );
    }
    const name = entry.name.slice(0, -'.npy'.length);
    tensors.set(name, await openNpy(zip, entry, name));
  }
  return { file: source.path, tensors };
}

async function openNpy(zip: ZipFile, entry: ZipEntry, name: string): Promise<StoredTensor> {
  const { file } = zip;
  const start = await firstBytes(zip, entry, 12 + MAX_HEADER_BYTES);
  if (start.length < 12 || start.toString('latin1', 0, 6) !== MAGIC) {
    throw new ImportError(file, `${entry.name} to be numpy's`, 'other bytes', COPY_AGAIN);
  }
  const isFirst = start[6] === 1;
  const headerBytes = isFirst ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const headerStart = isFirst ? 10 : 12;
  const dataStart = headerStart + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataStart > start.length) {
    throw new ImportError(
      file,
      `a header of at most ${MAX_HEADER_BYTES} bytes in ${entry.name}`,
      `${headerBytes}`,
      COPY_AGAIN,
    );
  }
  const { dtype, shape, isFortran } = parseNpyHeader(
    start.toString('latin1', headerStart, dataStart),
    entry.name,
    file,
  );
  const size = countOf(shape) * DTYPE_BYTES[dtype];
  if (dataStart + size !== entry.sizeBytes) {
    throw new ImportError(
      file,
      `${size} bytes of data in ${entry.name}`,
      `${entry.sizeBytes - dataStart}`,
      COPY_AGAIN,
    );
  }
  const strides = isFortran ? rowMajorStrides(shape.toReversed()).toReversed() : rowMajorStrides(shape);
  return { file, name, dtype, shape, strides, bytes: () => skip(zip.chunks(entry), dataStart) };
}

async function firstBytes(zip: ZipFile, entry: ZipEntry, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let count = 0;
  for await (const piece of zip.chunks(entry)) {
    pieces.push(piece);
    count += piece.length;
    if (count >= most) break;
  }
  return Buffer.concat(pieces).subarray(0, most);
}

async function* skip(pieces: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const piece of pieces) {
    if (piece.length > left) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function parseNpyHeader(
  header: string,
  entry: string,
  file: string,
): { dtype: Dtype; shape: number[]; isFortran: boolean } {
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (order === undefined || sizes === undefined || descr === undefined) {
    throw new ImportError(file, `numpy's header in ${entry}`, header.trim(), COPY_AGAIN);
  }
  if (!Object.hasOwn(DTYPES, descr)) {
    const known = Object.keys(DTYPES).join(', ');
    const advice = descr.includes('O')
      ? 'Object arrays hold pickles and are never opened.'
      : 'Save it as float32.';
    throw new ImportError(file, `numbers of ${known} in ${entry}`, descr, advice);
  }
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  if (shape.length > 4 || !shape.every(Number.isSafeInteger)) {
    throw new ImportError(file, `at most 4 axes in ${entry}`, `(${sizes})`, COPY_AGAIN);
  }
  return { dtype: DTYPES[descr], shape, isFortran: order === 'True' };
}
