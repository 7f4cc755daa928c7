/**
 * Checkpoints of a training run: the numbers as float32 safetensors, the rest as JSON that names the file and its sha256.
 * Both are written aside, synced and renamed, the JSON last, so a kill at any moment leaves the one before intact.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../lm/safetensors.ts';

export interface Checkpoint<State> {
  readonly state: State;
  readonly arrays: Readonly<Record<string, NamedArray>>;
}

interface Manifest<State> {
  readonly file: string;
  readonly sha256: string;
  readonly state: State;
}

const MANIFEST = 'checkpoint.json';

export async function saveCheckpoint<State>(
  folder: string,
  step: number,
  { state, arrays }: Checkpoint<State>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const bytes = encodeSafetensors(arrays, 'F32');
  const file = `step-${String(step).padStart(7, '0')}.safetensors`;
  await writeDurably(join(folder, file), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const manifest: Manifest<State> = { file, sha256, state };
  await writeDurably(join(folder, MANIFEST), Buffer.from(JSON.stringify(manifest)));
  for (const other of await readdir(folder)) {
    if (/^step-\d+\.safetensors/.test(other) && other !== file) await rm(join(folder, other));
  }
}

/** undefined when there is none. */
export async function loadCheckpoint<State>(folder: string): Promise<Checkpoint<State> | undefined> {
  const manifestPath = join(folder, MANIFEST);
  const text = await readFile(manifestPath, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const manifest = parseManifest<State>(text, manifestPath);
  const path = join(folder, manifest.file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Error(
      `${path}: expected the checkpoint that ${manifestPath} names, got none. ${START_ANEW(folder)}`,
      {
        cause,
      },
    );
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== manifest.sha256) {
    throw new Error(
      `${path} is damaged: expected sha256 ${manifest.sha256}, got ${sha256}. ${START_ANEW(folder)}`,
    );
  }
  return { state: manifest.state, arrays: decodeSafetensors(bytes, path) };
}

const START_ANEW = (folder: string) => `Remove ${folder} to start the run anew.`;

function parseManifest<State>(text: string, path: string): Manifest<State> {
  try {
    return JSON.parse(text) as Manifest<State>;
  } catch (cause) {
    throw new Error(`${path}: expected JSON, got something else. Remove its folder to start the run anew.`, {
      cause,
    });
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
