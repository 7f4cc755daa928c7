/**
 * The tensors of a safetensors file where they lie: 8-byte header length, JSON header, raw data. Offsets are checked as
 * the reference implementation does: no gap, no overlap, nothing beyond the file. huggingface/safetensors, README.
 */
import { type Dtype, DTYPE_BYTES, isDtype } from './float-bytes.ts';
import { COPY_AGAIN, ImportError, describe } from './import-error.ts';
import type { SourceFile } from './source-file.ts';
import { type StoredTensor, countOf, rowMajorStrides } from './stored-tensor.ts';

/** A dictionary has a dozen tensors: a kilobyte or two of header. The format's own limit is 100 MB. */
const MAX_HEADER_BYTES = 1 << 20;
const MAX_AXES = 4;

export interface TensorFile {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

interface Placed {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

export async function openSafetensors(source: SourceFile): Promise<TensorFile> {
  const { path: file, sizeBytes } = source;
  const headerBytes = sizeBytes < 8 ? -1n : (await source.read(0, 8)).readBigUInt64LE(0);
  if (headerBytes < 2n || headerBytes > BigInt(MAX_HEADER_BYTES) || 8n + headerBytes > BigInt(sizeBytes)) {
    throw new ImportError(
      file,
      `safetensors with a header of at most ${MAX_HEADER_BYTES} bytes`,
      `${sizeBytes} bytes whose header length reads ${headerBytes}`,
      COPY_AGAIN,
    );
  }
  const dataStart = 8 + Number(headerBytes);
  const placed = parseHeader(await source.read(8, Number(headerBytes)), file);
  checkOffsets(placed, sizeBytes - dataStart, file);
  const tensors = placed.map(({ name, dtype, shape, from, to }) => {
    const bytes = () => source.chunks(dataStart + from, to - from);
    return [name, { file, name, dtype, shape, strides: rowMajorStrides(shape), bytes }] as const;
  });
  return { file, tensors: new Map(tensors) };
}

function parseHeader(json: Buffer, file: string): Placed[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new ImportError(file, 'a JSON header', 'bytes that do not parse', COPY_AGAIN, { cause });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new ImportError(file, 'a JSON object as header', describe(header), COPY_AGAIN);
  }
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry as Record<string, unknown> | null, file));
}

function parseEntry(name: string, entry: Record<string, unknown> | null, file: string): Placed {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (!isDtype(dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw new ImportError(file, `dtype of ${name} to be one of ${known}`, describe(dtype), 'Save it as F32.');
  }
  if (!isSizes(shape) || shape.length > MAX_AXES || !isSizes(offsets) || offsets.length !== 2) {
    throw new ImportError(
      file,
      `shape and data_offsets of ${name}`,
      `${describe(shape)} and ${describe(offsets)}`,
      COPY_AGAIN,
    );
  }
  const [from, to] = offsets;
  const size = countOf(shape) * DTYPE_BYTES[dtype];
  if (to - from !== size) {
    throw new ImportError(file, `${size} bytes of ${dtype} for ${name}`, `${from}..${to}`, COPY_AGAIN);
  }
  return { name, dtype, shape, from, to };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkOffsets(placed: readonly Placed[], dataBytes: number, file: string): void {
  let expected = 0;
  for (const { name, from, to } of placed.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== expected) {
      const what = from < expected ? 'an overlap' : 'a gap';
      throw new ImportError(
        file,
        `${name} at byte ${expected} of the data`,
        `${what} at ${from}`,
        COPY_AGAIN,
      );
    }
    expected = to;
  }
  if (expected !== dataBytes) {
    throw new ImportError(file, `${expected} bytes of data`, `${dataBytes}`, COPY_AGAIN);
  }
}
