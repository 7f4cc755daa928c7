/**
 * One file of a dictionary, read at offsets through a handle: what is asked for is in memory, never the whole of it.
 * Knows nothing of formats.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { COPY_AGAIN, ImportError } from './import-error.ts';

const CHUNK_BYTES = 1 << 20; // large enough that calls do not count, small enough to be forgotten

export interface SourceFile {
  /** For the words of an error. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Exactly these bytes, or an ImportError. */
  read(offset: number, length: number): Promise<Buffer>;
  /** The same in pieces; a piece is the reader's own. */
  chunks(offset: number, length: number): AsyncGenerator<Buffer>;
  /** Of the whole file; throws when it changed since it was opened. */
  sha256(): Promise<string>;
  close(): Promise<void>;
}

export async function openSource(path: string): Promise<SourceFile> {
  const found = await stat(path).catch(() => undefined);
  // A pipe or a device would block or never end.
  if (!found?.isFile()) {
    throw new ImportError(
      path,
      'a file',
      found ? 'something else' : 'nothing',
      'Give the path of a dictionary.',
    );
  }
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new ImportError(path, 'a readable file', String(cause), 'Look at its permissions.', { cause });
  });
  const { size: sizeBytes, mtimeMs } = await handle.stat();

  async function read(offset: number, length: number): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes)) {
      throw new ImportError(
        path,
        `bytes ${offset}..${offset + length}`,
        `a file of ${sizeBytes} bytes`,
        COPY_AGAIN,
      );
    }
    return readExactly(handle, path, offset, length);
  }

  async function* chunks(offset: number, length: number): AsyncGenerator<Buffer> {
    for (let done = 0; done < length; done += CHUNK_BYTES) {
      yield await read(offset + done, Math.min(CHUNK_BYTES, length - done));
    }
  }

  async function sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of chunks(0, sizeBytes)) hash.update(chunk);
    const now = await handle.stat();
    if (now.size !== sizeBytes || now.mtimeMs !== mtimeMs) {
      throw new ImportError(path, 'a file at rest', 'one that changed while it was read', 'Import it again.');
    }
    return hash.digest('hex');
  }

  return { path, sizeBytes, read, chunks, sha256, close: () => handle.close() };
}

async function readExactly(
  handle: FileHandle,
  path: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new ImportError(path, `${length} bytes at ${offset}`, `${filled}`, COPY_AGAIN);
    filled += bytesRead;
  }
  return bytes;
}
