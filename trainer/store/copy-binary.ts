/**
 * COPY's binary format (Postgres manual, COPY, "Binary Format"): a head, rows of fields that each say their length, and
 * an end; big-endian throughout. Server and client each spend about half of what text costs them on arrays of numbers.
 */
import { storable } from './stored-text.ts';

export type CopyType = 'bool' | 'int4' | 'int8' | 'float8' | 'text' | 'jsonb' | 'int4[]' | 'float4[]';
export type CopyField = string | number | boolean | null | readonly number[];

export interface CopyWriter {
  /** `where` names the row in errors. */
  row(fields: readonly CopyField[], where: () => string): void;
  readonly sizeBytes: number;
  /** What was written since the last call. */
  take(): Buffer;
}

/** Before the first row: a signature, flags and the length of an extension, both 0. */
export const COPY_HEAD: Buffer = Buffer.concat([
  Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
  Buffer.alloc(8),
]);
/** After the last: -1 for the number of its fields. */
export const COPY_END: Buffer = Buffer.from([0xff, 0xff]);

const START_BYTES = 1 << 18;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;
const INT4_OID = 23;
const FLOAT4_OID = 700;
/** Dimensions, whether there are nulls, the elements' type; then length and first index of the one dimension. */
const ARRAY_HEAD_BYTES = 12;
const DIMENSION_BYTES = 8;
const INT4_LIMIT = 2 ** 31;
/** Numbers have no more digits. */
const WHOLE_LIMIT = 2 ** 53;
/** The largest float32. */
const FLOAT4_LIMIT = (2 - 2 ** -23) * 2 ** 127;

export function createCopyWriter(types: readonly CopyType[]): CopyWriter {
  let bytes = Buffer.allocUnsafe(START_BYTES);
  let view = viewOf(bytes);
  let at = 0;
  let where: () => string;

  function reserve(count: number): void {
    if (at + count <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (at + count));
    bytes.copy(larger, 0, 0, at);
    [bytes, view] = [larger, viewOf(larger)];
  }

  /** The length of a field and room for it. */
  function begin(length: number): void {
    reserve(4 + Math.max(0, length));
    view.setInt32(at, length);
    at += 4;
  }

  function bool(value: boolean): void {
    begin(1);
    bytes[at++] = value ? 1 : 0;
  }

  function int4(value: number): void {
    begin(4);
    view.setInt32(at, whole(value, INT4_LIMIT));
    at += 4;
  }

  function int8(value: number): void {
    begin(8);
    const checked = whole(value, WHOLE_LIMIT);
    view.setInt32(at, Math.floor(checked / 2 ** 32));
    view.setUint32(at + 4, checked >>> 0);
    at += 8;
  }

  function float8(value: number): void {
    begin(8);
    view.setFloat64(at, finite(value));
    at += 8;
  }

  function text(value: string, prefix?: number): void {
    const kept = storable(value);
    const length = Buffer.byteLength(kept) + (prefix === undefined ? 0 : 1);
    begin(length);
    if (prefix !== undefined) bytes[at++] = prefix;
    at += bytes.write(kept, at);
  }

  function beginArray(length: number, oid: number): void {
    const isEmpty = length === 0;
    begin(isEmpty ? ARRAY_HEAD_BYTES : ARRAY_HEAD_BYTES + DIMENSION_BYTES + 8 * length);
    const head = isEmpty ? [0, 0, oid] : [1, 0, oid, length, 1];
    for (const word of head) {
      view.setInt32(at, word);
      at += 4;
    }
  }

  function int4Array(values: readonly number[]): void {
    beginArray(values.length, INT4_OID);
    for (const value of values) {
      view.setInt32(at, 4);
      view.setInt32(at + 4, whole(value, INT4_LIMIT));
      at += 8;
    }
  }

  function float4Array(values: readonly number[]): void {
    beginArray(values.length, FLOAT4_OID);
    for (const value of values) {
      view.setInt32(at, 4);
      view.setFloat32(at + 4, single(value));
      at += 8;
    }
  }

  const WRITE: Record<CopyType, (value: never) => void> = {
    ...{ bool, int4, int8, float8, text, 'int4[]': int4Array, 'float4[]': float4Array },
    jsonb: (value: string) => text(value, JSONB_VERSION),
  };

  /** No minus zero: it reads as another number where it is printed. */
  function finite(value: number): number {
    if (Number.isFinite(value)) return value + 0;
    throw new Error(broken('finite numbers', value));
  }

  function single(value: number): number {
    if (Math.abs(value) <= FLOAT4_LIMIT) return value + 0;
    throw new Error(broken(Number.isFinite(value) ? 'numbers of four bytes' : 'finite numbers', value));
  }

  function whole(value: number, limit: number): number {
    if (Number.isInteger(value) && value >= -limit && value < limit) return value;
    throw new Error(
      broken(Number.isFinite(value) ? `whole numbers below ${limit}` : 'finite numbers', value),
    );
  }

  const broken = (expected: string, got: number): string =>
    `Expected ${expected} in ${where()}, got ${got}: the read-out of the dictionary is broken.`;

  return {
    row(fields, named) {
      where = named;
      reserve(2);
      view.setInt16(at, fields.length);
      at += 2;
      for (let column = 0; column < types.length; column++) {
        const field = fields[column];
        if (field === null) begin(NULL_LENGTH);
        else WRITE[types[column]](field as never);
      }
    },
    get sizeBytes() {
      return at;
    },
    take() {
      const taken = bytes.subarray(0, at);
      bytes = Buffer.allocUnsafe(START_BYTES);
      view = viewOf(bytes);
      at = 0;
      return taken;
    },
  };
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
