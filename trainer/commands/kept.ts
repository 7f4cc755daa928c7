/** Results in files, each whole or not there, so that a study that was killed goes on behind the last one that ended. */
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

export const writeJson = (file: string, value: unknown): Promise<void> =>
  writeWhole(file, `${JSON.stringify(value)}\n`);

/** All of it or nothing. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
