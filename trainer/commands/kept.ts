/** Results in files, each whole or not there, so that a study that was killed goes on behind the last one that ended. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** From its file, where it was made before. */
export async function keep<T>(file: string, make: () => Promise<T>): Promise<T> {
  const found = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== undefined) return JSON.parse(found) as T;
  const made = await make();
  await writeJson(file, made);
  return made;
}

/** Of everything that decides a result, for the name it is kept under: eight digits. */
export function keyOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 8);
}

export const writeJson = (file: string, value: unknown): Promise<void> =>
  writeWhole(file, `${JSON.stringify(value)}\n`);

/** All of it or nothing. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
