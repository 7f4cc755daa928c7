/** Files that no library wrote: archives with chosen lies in them, pickles as bytes, and what importing them says. For tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { ImportError } from './import-error.ts';
import { importDictionary } from './import-dictionary.ts';

export interface HostileEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isDeflated?: boolean;
  /** What the directory says, where it is not the truth. */
  readonly claimed?: {
    readonly sizeBytes?: number;
    readonly crc?: number;
    readonly name?: string;
    readonly flags?: number;
    readonly offset?: number;
  };
}

export interface HostileZip {
  /** Sizes and offsets in zip64 fields. */
  readonly is64?: boolean;
}

const U32 = 0xffffffff;

export function buildZip(entries: readonly HostileEntry[], { is64 = false }: HostileZip = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const packed = entry.isDeflated ? deflateRawSync(entry.bytes) : entry.bytes;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(Buffer.byteLength(entry.name), 26);
    const at = entry.claimed?.offset ?? offset;
    directory.push(describeEntry(entry, packed.length, at, is64));
    const bytes = Buffer.concat([local, Buffer.from(entry.name), packed]);
    locals.push(bytes);
    offset += bytes.length;
  }
  const listed = Buffer.concat(directory);
  return Buffer.concat([...locals, listed, endOf(entries.length, listed.length, offset, is64)]);
}

function describeEntry(entry: HostileEntry, packedBytes: number, offset: number, is64: boolean): Buffer {
  const { claimed = {} } = entry;
  const name = Buffer.from(claimed.name ?? entry.name);
  const sizeBytes = claimed.sizeBytes ?? entry.bytes.length;
  const extra = is64 ? Buffer.alloc(28) : Buffer.alloc(0);
  if (is64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    [sizeBytes, packedBytes, offset].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
  }
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(claimed.flags ?? 0, 8);
  header.writeUInt16LE(entry.isDeflated ? 8 : 0, 10);
  header.writeUInt32LE(claimed.crc ?? crc32(entry.bytes), 16);
  header.writeUInt32LE(is64 ? U32 : packedBytes, 20);
  header.writeUInt32LE(is64 ? U32 : sizeBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(is64 ? U32 : offset, 42);
  return Buffer.concat([header, name, extra]);
}

function endOf(count: number, sizeBytes: number, offset: number, is64: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(is64 ? 0xffff : count, 10);
  end.writeUInt32LE(is64 ? U32 : sizeBytes, 12);
  end.writeUInt32LE(is64 ? U32 : offset, 16);
  if (!is64) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  [count, sizeBytes, offset].forEach((value, i) => end64.writeBigUInt64LE(BigInt(value), 32 + 8 * i));
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + sizeBytes), 8);
  return Buffer.concat([end64, locator, end]);
}

/** An array as numpy writes it. */
export function buildNpy(descr: string, shape: readonly number[], data: Buffer): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }\n`;
  const start = Buffer.alloc(10);
  start.write('\x93NUMPY', 'latin1');
  start[6] = 1;
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), data]);
}

/** The pickle of a .pt, in an archive like torch's. */
export function buildTorch(pickle: Buffer): Buffer {
  return buildZip([
    { name: 'archive/data.pkl', bytes: pickle },
    { name: 'archive/byteorder', bytes: Buffer.from('little') },
  ]);
}

/** Texts and numbers (bytes) one after another. */
export function pickleOf(...parts: readonly (string | number | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  );
}

export function buildSafetensors(header: unknown, data: Buffer): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** A folder with these files in it. */
export function layOut(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-import-'));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), bytes);
  }
  return folder;
}

/** A short text on a pickle's stack. */
export function pickledText(value: string): Buffer {
  return pickleOf(0x8c, value.length, value);
}

/** What importing these files throws, in words; anything but an ImportError is thrown on. */
export async function refusalOf(
  files: Readonly<Record<string, string | Buffer>>,
  inside = '',
): Promise<string> {
  const folder = layOut(files);
  try {
    await importDictionary(path.join(folder, inside));
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
  return 'imported';
}
