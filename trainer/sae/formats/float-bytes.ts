/** Little-endian bytes of the number formats weights are kept in, as float32. */

export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(DTYPE_BYTES, name);
}

/** Whole elements only. A double beyond float32 becomes infinite, which the reader of a tensor refuses. */
export function bytesToFloats(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const aligned = copyOf(bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(aligned);
    case 'F64':
      return Float32Array.from(new Float64Array(aligned));
    case 'F16':
      return Float32Array.from(new Uint16Array(aligned), halfToFloat);
    case 'BF16':
      return bfloatsToFloats(new Uint16Array(aligned));
    case 'I64':
      return Float32Array.from(new BigInt64Array(aligned), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(aligned));
    case 'I16':
      return Float32Array.from(new Int16Array(aligned));
    case 'I8':
      return Float32Array.from(new Int8Array(aligned));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(new Uint8Array(aligned));
  }
}

/** One number in full precision: a threshold kept as a double, a count. */
export function bytesToNumber(bytes: Uint8Array, dtype: Dtype): number {
  if (dtype === 'F64') return new Float64Array(copyOf(bytes))[0];
  if (dtype === 'I64') return Number(new BigInt64Array(copyOf(bytes))[0]);
  return dtype === 'I32' ? new Int32Array(copyOf(bytes))[0] : bytesToFloats(bytes, dtype)[0];
}

/** Typed arrays ask for aligned memory; files do not give it. Trap: a Buffer's own slice() would share. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function bfloatsToFloats(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
