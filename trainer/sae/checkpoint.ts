/**
 * A fit on disk: weights, Adam moments, step, tokens since each feature fired, and whatever the source of hidden states
 * needs to go on (its state arrives opaque: JSON with typed arrays in it). One self-describing file:
 *   8 bytes 'RESIDUA2' | u64 size of the file | safetensors | sha256 of all before.
 * Written durably; the last two are kept, so that a damaged one costs one interval.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readWhole, sha256Of } from './read-whole.ts';
import { type NamedArray, type Values, parseContainer, toParts } from './safetensors.ts';
import type { TrainingState } from './training.ts';
import { writeDurably } from './write-durably.ts';

export interface Checkpoint {
  /** null: of a source that feeds several fits, each with checkpoints of its own (fit-many.ts). */
  readonly training: TrainingState | null;
  /** What the source's state() gave. */
  readonly source: unknown;
}

export interface SavedCheckpoint {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

const MAGIC = 'RESIDUA2';
const PREFIX_BYTES = 16;
const SHA256_BYTES = 32;
const KEPT = 2;
const FILE_NAME = /^step-(\d{9})\.checkpoint$/;

export async function saveCheckpoint(
  folder: string,
  step: number,
  checkpoint: Checkpoint,
): Promise<SavedCheckpoint> {
  await mkdir(folder, { recursive: true });
  const arrays: Record<string, NamedArray> = {};
  const json = JSON.stringify(takeArraysOut(checkpoint, '', arrays));
  const parts = toParts({ arrays, metadata: { checkpoint: json } });
  const sizeBytes = PREFIX_BYTES + parts.reduce((sum, part) => sum + part.byteLength, 0) + SHA256_BYTES;
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 'latin1');
  prefix.writeBigUInt64LE(BigInt(sizeBytes), 8);
  const path = join(folder, fileName(step));
  const { sha256 } = await writeDurably(path, [prefix, ...parts], (digest) => digest);
  await removeOld(folder);
  return { path, sizeBytes, sha256 };
}

export interface FoundCheckpoint {
  readonly path: string;
  readonly step: number;
  readonly checkpoint: Checkpoint;
}

/** The newest one, or null when the folder holds none. */
export async function loadLatestCheckpoint(folder: string): Promise<FoundCheckpoint | null> {
  const newest = (await listCheckpoints(folder)).at(-1);
  if (newest === undefined) return null;
  return loadCheckpointOf(folder, Number(FILE_NAME.exec(newest)?.[1]));
}

export async function loadCheckpointOf(folder: string, step: number): Promise<FoundCheckpoint> {
  const path = join(folder, fileName(step));
  return { path, step, checkpoint: await loadCheckpoint(path) };
}

export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readWhole(path);
  const advice = 'Delete this file; the run then resumes from the previous checkpoint, or from its start.';
  const refuse = (expected: string, got: string) =>
    new CheckpointError(`${path}: expected ${expected}, got ${got}. ${advice}`);
  if (bytes.length < PREFIX_BYTES + SHA256_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) {
    throw refuse(`a checkpoint that begins with ${MAGIC}`, `${bytes.length} bytes that do not`);
  }
  const declaredBytes = bytes.readBigUInt64LE(8);
  if (declaredBytes !== BigInt(bytes.length)) {
    throw refuse(`${declaredBytes} bytes, as its head says`, `${bytes.length}`);
  }
  const body = bytes.subarray(0, -SHA256_BYTES);
  const recorded = bytes.subarray(-SHA256_BYTES).toString('hex');
  const actual = sha256Of(body);
  if (actual !== recorded) throw refuse(`sha256 ${recorded}, as its tail says`, actual);
  const { arrays, metadata } = parseContainer(body.subarray(PREFIX_BYTES), path);
  return putArraysBack(JSON.parse(metadata.checkpoint), arrays) as Checkpoint;
}

async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => FILE_NAME.test(name)).sort();
}

/** Also what a killed writer left half-written. */
async function removeOld(folder: string): Promise<void> {
  const halves = (await readdir(folder)).filter((name) => name.endsWith('.checkpoint.partial'));
  const old = (await listCheckpoints(folder)).slice(0, -KEPT);
  for (const name of [...halves, ...old]) await rm(join(folder, name));
}

function fileName(step: number): string {
  return `step-${String(step).padStart(9, '0')}.checkpoint`;
}

const ARRAY_MARK = '$array';

/** The same tree with every typed array moved to `arrays` and its path left in its place. */
function takeArraysOut(node: unknown, path: string, arrays: Record<string, NamedArray>): unknown {
  if (ArrayBuffer.isView(node)) {
    const values = node as Values;
    arrays[path] = { values, shape: [values.length] };
    return { [ARRAY_MARK]: path };
  }
  if (Array.isArray(node)) return node.map((child, i) => takeArraysOut(child, `${path}[${i}]`, arrays));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, child]) => {
    return [key, takeArraysOut(child, path === '' ? key : `${path}.${key}`, arrays)] as const;
  });
  return Object.fromEntries(entries);
}

function putArraysBack(node: unknown, arrays: Readonly<Record<string, NamedArray>>): unknown {
  if (Array.isArray(node)) return node.map((child) => putArraysBack(child, arrays));
  if (typeof node !== 'object' || node === null) return node;
  const mark = (node as Record<string, unknown>)[ARRAY_MARK];
  if (typeof mark === 'string') return arrays[mark].values;
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, putArraysBack(child, arrays)]));
}
