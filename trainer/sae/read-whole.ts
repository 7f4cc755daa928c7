/** Files and hashes beyond 2 GiB, where Node's own readFile and Hash.update end: a checkpoint of 65,536 x 2,304 is 3.6 GB. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const CHUNK_BYTES = 2 ** 30;

export async function readWhole(path: string, chunkBytes = CHUNK_BYTES): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // Not of Buffer's shared pool: arrays are views of it.
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(chunkBytes, size - at), at);
      if (bytesRead === 0) return bytes.subarray(0, at); // cut short meanwhile: whoever parses it says so
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

export function sha256Of(bytes: Uint8Array, chunkBytes = CHUNK_BYTES): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += chunkBytes) hash.update(bytes.subarray(at, at + chunkBytes));
  return hash.digest('hex');
}
