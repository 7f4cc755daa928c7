/**
 * Which code and which backend fitted a run's dictionary: noted in its folder when the fit begins or goes on, and put on
 * record when it is published. Looking them up only then would let a commit made meanwhile change the provenance, and a
 * half-made publication be refused as somebody else's.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface Maker {
  readonly codeCommit: string;
  readonly backend: string;
}

const FILE = 'made-by.json';

/** Call before a fit begins or goes on; noting the same one again changes nothing. */
export async function noteMaker(folder: string, maker: Maker): Promise<readonly Maker[]> {
  const noted = await loadMakers(folder);
  const last = noted.at(-1);
  if (last?.codeCommit === maker.codeCommit && last.backend === maker.backend) return noted;
  const makers = [...noted, maker];
  await mkdir(folder, { recursive: true });
  const partial = path.join(folder, `${FILE}.partial`);
  await writeFile(partial, `${JSON.stringify(makers, null, 1)}\n`);
  await rename(partial, path.join(folder, FILE));
  return makers;
}

/** In the order they worked; empty where none was noted. */
export async function loadMakers(folder: string): Promise<readonly Maker[]> {
  try {
    return JSON.parse(await readFile(path.join(folder, FILE), 'utf8')) as Maker[];
  } catch {
    return []; // none yet, or a disk that broke: who goes on is noted again
  }
}

/** For the record: one as it is, several in their order. */
export function joinMakers(makers: readonly Maker[]): Maker {
  const join = (values: readonly string[]) => [...new Set(values)].join(', then ');
  return {
    codeCommit: join(makers.map(({ codeCommit }) => codeCommit)),
    backend: join(makers.map(({ backend }) => backend)),
  };
}
