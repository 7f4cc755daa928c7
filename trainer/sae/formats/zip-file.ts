/**
 * A zip archive's entries, stored or deflated, zip64 too, read through a handle. Nothing is unpacked to disk; sizes, names,
 * overlaps and checksums are checked, and an entry never gives more bytes than it declared. APPNOTE.TXT 6.3.
 */
import { Readable } from 'node:stream';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { COPY_AGAIN, ImportError } from './import-error.ts';
import type { SourceFile } from './source-file.ts';

const MAX_ENTRIES = 10_000; // torch writes one per tensor, numpy too
const MAX_DIRECTORY_BYTES = 4 << 20;
/** Weights hardly compress; this is what a matrix of zeros reaches before it must be an attack. */
const MAX_RATIO = 200;
const SMALL_BYTES = 1 << 20; // below, the ratio does not matter
const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const U32 = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly name: string;
  readonly isStored: boolean;
  readonly sizeBytes: number;
  readonly packedBytes: number;
  /** Where its packed bytes start; known once the archive is open. */
  readonly dataStart: number;
  readonly crc: number;
}

export interface ZipFile {
  readonly file: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The bytes of an entry, all of them checked against its size and checksum. */
  chunks(entry: ZipEntry): AsyncGenerator<Uint8Array>;
  /** A whole small entry. */
  read(entry: ZipEntry, mostBytes: number): Promise<Buffer>;
}

export async function openZip(source: SourceFile): Promise<ZipFile> {
  const { path: file } = source;
  const directory = await findDirectory(source);
  const listed = parseDirectory(
    await source.read(directory.offset, directory.sizeBytes),
    directory.count,
    file,
  );
  const entries = new Map<string, ZipEntry>();
  for (const { localHeader, ...entry } of listed) {
    if (entries.has(entry.name)) throw bad(file, 'one entry of a name', `two called ${entry.name}`);
    entries.set(entry.name, { ...entry, dataStart: await findData(source, localHeader, entry.name) });
  }
  checkApart([...entries.values()], directory.offset, file);
  const chunks = (entry: ZipEntry) => unpack(source, entry);

  async function read(entry: ZipEntry, mostBytes: number): Promise<Buffer> {
    if (entry.sizeBytes > mostBytes) {
      throw bad(file, `${entry.name} of at most ${mostBytes} bytes`, `${entry.sizeBytes}`);
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of chunks(entry)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  return { file, entries, chunks, read };
}

interface Directory {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly count: number;
}

async function findDirectory(source: SourceFile): Promise<Directory> {
  const { path: file, sizeBytes } = source;
  const tailBytes = Math.min(sizeBytes, 22 + 0xffff);
  const tail = await source.read(sizeBytes - tailBytes, tailBytes);
  let at = tailBytes - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0)
    throw bad(file, 'a zip archive with its directory at the end', `${sizeBytes} bytes without one`);
  const end = {
    count: tail.readUInt16LE(at + 10),
    sizeBytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const is64 = end.count === 0xffff || end.sizeBytes === U32 || end.offset === U32;
  const directory = is64 ? await findDirectory64(source, sizeBytes - tailBytes + at) : end;
  if (directory.count > MAX_ENTRIES || directory.sizeBytes > MAX_DIRECTORY_BYTES) {
    const got = `${directory.count} entries, ${directory.sizeBytes} bytes`;
    throw bad(file, `a directory of at most ${MAX_ENTRIES} entries`, got);
  }
  return directory;
}

async function findDirectory64(source: SourceFile, endAt: number): Promise<Directory> {
  const { path: file } = source;
  const locator = await source.read(endAt - 20, 20);
  if (locator.readUInt32LE(0) !== END64_LOCATOR) throw bad(file, 'a zip64 locator', 'none');
  const end = await source.read(safe(locator.readBigUInt64LE(8), file), 56);
  if (end.readUInt32LE(0) !== END64) throw bad(file, 'a zip64 end of directory', 'none');
  return {
    count: safe(end.readBigUInt64LE(32), file),
    sizeBytes: safe(end.readBigUInt64LE(40), file),
    offset: safe(end.readBigUInt64LE(48), file),
  };
}

type Listed = Omit<ZipEntry, 'dataStart'> & { readonly localHeader: number };

function parseDirectory(bytes: Buffer, count: number, file: string): Listed[] {
  const listed: Listed[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY_HEADER) {
      throw bad(file, `${count} entries in the directory`, `${i}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const end = at + 46 + nameBytes + extraBytes + commentBytes;
    if (end > bytes.length) throw bad(file, 'a whole directory', 'one cut off');
    listed.push(parseListed(bytes.subarray(at, end), nameBytes, extraBytes, file));
    at = end;
  }
  return listed;
}

function parseListed(header: Buffer, nameBytes: number, extraBytes: number, file: string): Listed {
  const name = header.toString('utf8', 46, 46 + nameBytes);
  checkName(name, file);
  const method = header.readUInt16LE(10);
  if (header.readUInt16LE(8) & 1) throw bad(file, `${name} to be readable`, 'an encrypted entry');
  if (method !== STORED && method !== DEFLATED)
    throw bad(file, `${name} stored or deflated`, `method ${method}`);
  const extra = header.subarray(46 + nameBytes, 46 + nameBytes + extraBytes);
  const short = {
    size: header.readUInt32LE(24),
    packed: header.readUInt32LE(20),
    localHeader: header.readUInt32LE(42),
  };
  const [sizeBytes, packedBytes, localHeader] = widen(
    [short.size, short.packed, short.localHeader],
    extra,
    file,
  );
  if (method === STORED && sizeBytes !== packedBytes)
    throw bad(file, `${packedBytes} bytes in ${name}`, `${sizeBytes}`);
  if (sizeBytes > SMALL_BYTES && sizeBytes > MAX_RATIO * packedBytes) {
    throw bad(
      file,
      `${name} to unpack to at most ${MAX_RATIO} times its ${packedBytes} bytes`,
      `${sizeBytes}`,
    );
  }
  return {
    name,
    isStored: method === STORED,
    sizeBytes,
    packedBytes,
    localHeader,
    crc: header.readUInt32LE(16),
  };
}

/** Fields that read all ones are in the zip64 extra, in this order. */
function widen(fields: readonly number[], extra: Buffer, file: string): number[] {
  let wide: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) wide = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return fields.map((field) => {
    if (field !== U32) return field;
    if (at + 8 > wide.length) throw bad(file, 'sizes of zip64', 'none');
    at += 8;
    return safe(wide.readBigUInt64LE(at - 8), file);
  });
}

/** We unpack nothing to disk, so no name can do harm; one that tries is not from numpy or torch. */
function checkName(name: string, file: string): void {
  const isPlain = !name.startsWith('/') && !/[\\\0:]/.test(name) && !name.split('/').includes('..');
  if (!isPlain || name === '') throw bad(file, 'plain names inside the archive', JSON.stringify(name));
}

async function findData(source: SourceFile, localHeader: number, name: string): Promise<number> {
  const header = await source.read(localHeader, 30);
  const nameBytes = header.readUInt16LE(26);
  const isLocal = header.readUInt32LE(0) === LOCAL_HEADER;
  if (!isLocal || (await source.read(localHeader + 30, nameBytes)).toString('utf8') !== name) {
    throw bad(source.path, `${name} at byte ${localHeader}`, 'something else');
  }
  return localHeader + 30 + nameBytes + header.readUInt16LE(28);
}

/** Entries that share bytes are how a small archive claims to hold much. */
function checkApart(entries: readonly ZipEntry[], directoryStart: number, file: string): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.dataStart - b.dataStart)) {
    if (entry.dataStart < end || entry.dataStart + entry.packedBytes > directoryStart) {
      throw bad(file, `${entry.name} in bytes of its own`, 'an overlap');
    }
    end = entry.dataStart + entry.packedBytes;
  }
}

async function* unpack(source: SourceFile, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const { path: file } = source;
  const packed = source.chunks(entry.dataStart, entry.packedBytes);
  let count = 0;
  let crc = 0;
  for await (const piece of entry.isStored ? packed : inflate(packed, entry, file)) {
    count += piece.length;
    if (count > entry.sizeBytes) break;
    crc = crc32(piece, crc);
    yield piece;
  }
  if (count !== entry.sizeBytes) {
    throw bad(
      file,
      `${entry.sizeBytes} bytes in ${entry.name}`,
      count > entry.sizeBytes ? 'more' : `${count}`,
    );
  }
  if (crc !== entry.crc) throw bad(file, `${entry.name} with checksum ${entry.crc}`, `${crc}`);
}

async function* inflate(
  packed: AsyncIterable<Buffer>,
  entry: ZipEntry,
  file: string,
): AsyncGenerator<Buffer> {
  const input = Readable.from(packed, { objectMode: false });
  const inflating = createInflateRaw({ chunkSize: 1 << 18, finishFlush: constants.Z_FINISH });
  input.on('error', (error) => inflating.destroy(error));
  try {
    for await (const piece of input.pipe(inflating)) yield piece as Buffer;
  } catch (cause) {
    if (cause instanceof ImportError) throw cause;
    throw new ImportError(file, `${entry.name} deflated`, String(cause), COPY_AGAIN, { cause });
  } finally {
    input.destroy();
    inflating.destroy();
  }
}

function safe(value: bigint, file: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw bad(file, 'offsets within the file', `${value}`);
}

function bad(file: string, expected: string, got: string): ImportError {
  return new ImportError(file, expected, got, COPY_AGAIN);
}
