/** Writes a file so that after a crash at any moment either the old one or the whole new one is there. */
import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Written {
  readonly sizeBytes: number;
  /** Of the parts, in hex. */
  readonly sha256: string;
}

/** `seal` may add a last part that depends on the hash of the others. */
export async function writeDurably(
  path: string,
  parts: readonly Uint8Array[],
  seal: (sha256: Buffer) => Uint8Array = () => new Uint8Array(0),
): Promise<Written> {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const digest = hash.digest();
  const all = [...parts, seal(digest)];
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  try {
    for (const part of all) if (part.byteLength > 0) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
  return { sizeBytes: all.reduce((sum, part) => sum + part.byteLength, 0), sha256: digest.toString('hex') };
}

/** A rename is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
