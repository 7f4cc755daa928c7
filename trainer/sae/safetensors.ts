/**
 * Named arrays as safetensors bytes: 8-byte header length, JSON header, raw little-endian data. Written in parts, so that
 * large arrays are never copied. This room's own small reader and writer; knows nothing of dictionaries.
 */
export type Values = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

export interface NamedArray {
  readonly values: Values;
  readonly shape: readonly number[];
}

export interface Container {
  readonly arrays: Readonly<Record<string, NamedArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const DTYPES = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
} as const;
type Dtype = keyof typeof DTYPES;

const MAX_HEADER_BYTES = 100_000_000; // the format's own limit

export function toParts({ arrays, metadata }: Container): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  // Widest elements first keeps every array aligned to its element size, as the format asks.
  const entries = Object.entries(arrays).sort(
    ([, a], [, b]) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT,
  );
  for (const [name, { values, shape }] of entries) {
    const end = offset + values.byteLength;
    header[name] = { dtype: dtypeOf(values), shape, data_offsets: [offset, end] };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...parts];
}

/** `file` is for the words of an error. */
export function parseContainer(bytes: Buffer, file: string): Container {
  const headerBytes = bytes.length >= 8 ? bytes.readBigUInt64LE(0) : -1n;
  if (headerBytes < 2n || headerBytes > MAX_HEADER_BYTES || 8n + headerBytes > bytes.length) {
    throw new Error(
      `${file}: expected safetensors, got ${bytes.length} bytes whose header length reads ${headerBytes}. ` +
        'Copy or make the file again.',
    );
  }
  const start = 8 + Number(headerBytes);
  const { __metadata__, ...entries } = parseHeader(bytes.subarray(8, start), file);
  const arrays = Object.entries(entries).map(([name, entry]) => {
    const { dtype, shape, data_offsets } = entry as {
      dtype: Dtype;
      shape: number[];
      data_offsets: [number, number];
    };
    const Typed = DTYPES[dtype];
    const [from, to] = data_offsets;
    const size = shape.reduce((a, b) => a * b, 1) * (Typed?.BYTES_PER_ELEMENT ?? NaN);
    if (to - from !== size || start + to > bytes.length) {
      throw new Error(
        `${file}: expected ${size} bytes of ${dtype} for ${name} within ${bytes.length}, got ${from}..${to}. ` +
          'Copy or make the file again.',
      );
    }
    const at = bytes.byteOffset + start;
    const values = new Typed(bytes.buffer.slice(at + from, at + to) as ArrayBuffer);
    return [name, { values, shape }] as const;
  });
  return { arrays: Object.fromEntries(arrays), metadata: (__metadata__ ?? {}) as Record<string, string> };
}

function parseHeader(json: Buffer, file: string): Record<string, unknown> {
  try {
    return JSON.parse(json.toString('utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(
      `${file}: expected a JSON header, got bytes that do not parse. Copy or make the file again.`,
      {
        cause,
      },
    );
  }
}

function dtypeOf(values: Values): Dtype {
  const found = (Object.keys(DTYPES) as Dtype[]).find((dtype) => values instanceof DTYPES[dtype]);
  if (found === undefined) throw new TypeError(`safetensors: no dtype for ${values.constructor.name}`);
  return found;
}
