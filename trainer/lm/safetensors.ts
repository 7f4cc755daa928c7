/**
 * The safetensors file format: u64 header length, JSON header, raw little-endian data. Values come out as float32.
 * Every length and offset is checked before a byte is read. https://github.com/huggingface/safetensors#format
 */
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from './half-precision.ts';

export interface NamedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export type FloatFormat = 'F16' | 'BF16' | 'F32';

const BYTES: Record<FloatFormat, number> = { F16: 2, BF16: 2, F32: 4 };
/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function encodeSafetensors(
  tensors: Readonly<Record<string, NamedArray>>,
  format: FloatFormat,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const end = offset + values.length * BYTES[format];
    header[name] = { dtype: format, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Padded with spaces so that the data starts 8-byte aligned, as the format asks.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(8 + headerBytes + offset, 0x20);
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  json.copy(file, 8);
  let at = 8 + headerBytes;
  for (const { values } of Object.values(tensors)) at = writeValues(file, at, values, format);
  return file;
}

function writeValues(file: Buffer, start: number, values: Float32Array, format: FloatFormat): number {
  const view = new DataView(file.buffer, file.byteOffset + start);
  for (let i = 0; i < values.length; i++) {
    if (format === 'F32') view.setFloat32(4 * i, values[i], true);
    else view.setUint16(2 * i, format === 'F16' ? floatToHalf(values[i]) : floatToBfloat(values[i]), true);
  }
  return start + values.length * BYTES[format];
}

/** What the writer noted beside the weights. */
export function decodeMetadata(file: Uint8Array, source: string): Record<string, string> {
  return decodeHeader(file, source).metadata;
}

/** `source` names the file in errors. */
export function decodeSafetensors(file: Uint8Array, source: string): Record<string, NamedArray> {
  const { header, dataStart } = decodeHeader(file, source);
  for (const [name, entry] of Object.entries(header)) checkIsEntry(name, entry, source);
  const entries = Object.entries(header).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  let expectedStart = 0;
  for (const [name, entry] of entries) {
    checkEntry(name, entry, expectedStart, source);
    expectedStart = entry.data_offsets[1];
  }
  if (dataStart + expectedStart !== file.length) {
    throw broken(source, `${dataStart + expectedStart} bytes`, `${file.length} bytes`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return Object.fromEntries(entries.map(([name, entry]) => [name, readValues(view, dataStart, entry)]));
}

interface Header {
  readonly header: Record<string, Entry>;
  readonly metadata: Record<string, string>;
  readonly dataStart: number;
}

function decodeHeader(file: Uint8Array, source: string): Header {
  if (file.length < 8) throw broken(source, 'at least 8 bytes', `${file.length} bytes`);
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.length) {
    throw broken(source, `a header of ${headerBytes} bytes`, `${file.length - 8} bytes after its length`);
  }
  const text = Buffer.from(file.buffer, file.byteOffset + 8, headerBytes).toString('utf8');
  try {
    const { __metadata__: metadata, ...header } = JSON.parse(text) as Record<string, never>;
    return { header, metadata: metadata ?? {}, dataStart: 8 + headerBytes };
  } catch {
    throw broken(source, 'a JSON header', `"${text.slice(0, 40)}..."`);
  }
}

function checkIsEntry(name: string, entry: Entry, source: string): void {
  const isEntry = Array.isArray(entry?.shape) && Array.isArray(entry?.data_offsets);
  if (!isEntry) throw broken(source, `shape and data_offsets of ${name}`, JSON.stringify(entry));
}

function checkEntry(name: string, entry: Entry, expectedStart: number, source: string): void {
  const bytesPerValue = BYTES[entry.dtype as FloatFormat];
  if (!bytesPerValue) {
    throw broken(
      source,
      `dtype of ${name} to be one of ${Object.keys(BYTES).join(', ')}`,
      String(entry.dtype),
    );
  }
  const end = expectedStart + entry.shape.reduce((a, b) => a * b, 1) * bytesPerValue;
  const [start, gotEnd] = entry.data_offsets;
  if (start !== expectedStart || gotEnd !== end) {
    throw broken(source, `${name} at bytes ${expectedStart}..${end} of the data`, `${start}..${gotEnd}`);
  }
}

function readValues(view: DataView, dataStart: number, { dtype, shape, data_offsets }: Entry): NamedArray {
  const start = dataStart + data_offsets[0];
  const count = (data_offsets[1] - data_offsets[0]) / BYTES[dtype as FloatFormat];
  const values = new Float32Array(count);
  if (dtype === 'F32') for (let i = 0; i < count; i++) values[i] = view.getFloat32(start + 4 * i, true);
  else {
    const toFloat = dtype === 'F16' ? halfToFloat : bfloatToFloat;
    for (let i = 0; i < count; i++) values[i] = toFloat(view.getUint16(start + 2 * i, true));
  }
  return { shape, values };
}

function broken(source: string, expected: string, got: string): Error {
  return new Error(
    `${source} is truncated or damaged: expected ${expected}, got ${got}. Restore the file (or download it again).`,
  );
}
