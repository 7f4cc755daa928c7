/**
 * The held-out text a model was measured on, kept beside the model: installed packages change, the recorded loss must stay
 * checkable. Gzipped JSON.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

export interface HeldOutText {
  /** Slug of the corpus. */
  readonly corpus: string;
  readonly texts: readonly string[];
}

const FILE = 'held-out.json.gz';
/** Keeps the file below 300 kB: text like this shrinks to a quarter. */
const MAX_CORPUS_CHARS = 240_000;

export async function saveHeldOut(folder: string, heldOut: readonly HeldOutText[]): Promise<void> {
  await writeFile(join(folder, FILE), gzipSync(JSON.stringify(heldOut), { level: 9 }));
}

export async function loadHeldOut(folder: string): Promise<HeldOutText[]> {
  const path = join(folder, FILE);
  try {
    return JSON.parse(gunzipSync(await readFile(path)).toString('utf8')) as HeldOutText[];
  } catch (cause) {
    throw new Error(`${path}: expected the held-out text of the model, gzipped JSON. Restore the file.`, {
      cause,
    });
  }
}

/** The first documents of each corpus' held-out split, as many as fit. */
export function pickHeldOut(corpus: string, texts: readonly string[]): HeldOutText {
  let chars = 0;
  const isWithin = (text: string) => (chars += text.length) <= MAX_CORPUS_CHARS;
  return { corpus, texts: texts.filter((text) => text.length <= MAX_CORPUS_CHARS / 4).filter(isWithin) };
}
