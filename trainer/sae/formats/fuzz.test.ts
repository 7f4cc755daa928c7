/**
 * Thousands of golden dictionaries with something broken in them, from fixed seeds: each is imported with finite weights or
 * refused with an ImportError. A failure names seed, file and what was done to it.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Rng, createRng } from '../../compute/rng.ts';
import { buildZip } from './hostile.fixture.ts';
import { ImportError } from './import-error.ts';
import { importDictionary } from './import-dictionary.ts';
import type { ImportOptions } from './imported-dictionary.ts';
import { openSource } from './source-file.ts';
import { openZip } from './zip-file.ts';

const PER_DICTIONARY = 120;
const golden = path.join(import.meta.dirname, 'golden');
const scratch = mkdtempSync(path.join(os.tmpdir(), 'residua-fuzz-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const cases = readdirSync(path.join(golden, 'expected')).map((file) => {
  const { path: where, options } = JSON.parse(readFileSync(path.join(golden, 'expected', file), 'utf8')) as {
    path: string;
    options?: ImportOptions;
  };
  return { name: path.parse(file).name, where, options };
});

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff];
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  '',
  'x'.repeat(1000),
  [],
  [[]],
  {},
  'topk',
  'F64',
  'BF16',
];

/** Any bytes. */
function breakBytes(bytes: Buffer, rng: Rng): Buffer {
  const copy = Buffer.from(bytes);
  const at = rng.int(bytes.length);
  switch (rng.int(6)) {
    case 0:
      for (let i = 0; i <= rng.int(8); i++) copy[rng.int(copy.length)] ^= 1 << rng.int(8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return copy.fill(EXTREMES[rng.int(EXTREMES.length)], at, Math.min(copy.length, at + 1 + rng.int(8)));
    case 3: // a piece of itself in another place
      copy.copy(copy, at, rng.int(copy.length));
      return copy;
    case 4: // a piece too much, or too little
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at + rng.int(64) - 32))]);
    default:
      return Buffer.concat([copy, Buffer.alloc(1 + rng.int(64), EXTREMES[rng.int(EXTREMES.length)])]);
  }
}

/** One value somewhere in a JSON text becomes another. */
function breakJson(text: string, rng: Rng): string {
  const tree = JSON.parse(text) as Record<string, unknown>;
  let node: Record<string, unknown> = tree;
  for (;;) {
    const keys = Object.keys(node);
    const key = keys[rng.int(keys.length)];
    const child = node[key];
    if (typeof child === 'object' && child !== null && Object.keys(child).length > 0 && rng.int(8) > 0) {
      node = child as Record<string, unknown>;
      continue;
    }
    const kind = rng.int(10);
    if (kind === 0) delete node[key];
    else if (kind < 4 && typeof child === 'number') node[key] = child + rng.int(33) - 16;
    else node[key] = VALUES[rng.int(VALUES.length)];
    return JSON.stringify(tree);
  }
}

function breakHeader(bytes: Buffer, rng: Rng): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const json = Buffer.from(breakJson(bytes.toString('utf8', 8, 8 + length).trimEnd(), rng));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([start, json, bytes.subarray(8 + length)]);
}

/** Breaks the inside of an archive and writes it with sizes and checksums that fit again, so that what is behind is reached. */
async function breakEntry(file: string, rng: Rng): Promise<Buffer> {
  const source = await openSource(file);
  try {
    const zip = await openZip(source);
    const entries = [];
    for (const entry of zip.entries.values()) {
      entries.push({ name: entry.name, bytes: await zip.read(entry, 1 << 20), isDeflated: !entry.isStored });
    }
    const pickle = entries.findIndex(({ name }) => name.endsWith('data.pkl'));
    const chosen = pickle >= 0 && rng.int(4) > 0 ? pickle : rng.int(entries.length);
    entries[chosen] = { ...entries[chosen], bytes: breakBytes(entries[chosen].bytes, rng) };
    return buildZip(entries);
  } finally {
    await source.close();
  }
}

async function breakFile(file: string, rng: Rng): Promise<Buffer | string> {
  const bytes = readFileSync(file);
  const isDeep = rng.int(3) > 0;
  if (isDeep && file.endsWith('.json')) return breakJson(bytes.toString(), rng);
  if (isDeep && file.endsWith('.safetensors')) return breakHeader(bytes, rng);
  if (isDeep && /\.(pt|npz)$/.test(file)) return breakEntry(file, rng);
  return breakBytes(bytes, rng);
}

async function outcome(where: string, options?: ImportOptions): Promise<'imported' | 'refused'> {
  try {
    const { weights } = await importDictionary(where, options);
    const { selection, width, hiddenWidth, k } = weights;
    const threshold_F = selection.by === 'threshold' ? selection.threshold_F : new Float32Array(0);
    const arrays = [weights.encoder_FD, weights.encoderBias_F, weights.decoder_FD, weights.decoderBias_D];
    const isFinite = [...arrays, threshold_F].every((values) => values.every(Number.isFinite));
    const isWhole = arrays[0].length === width * hiddenWidth && arrays[1].length === width;
    const isBounded = k >= 1 && k <= width && threshold_F.every((value) => value >= 0);
    if (isFinite && isWhole && isBounded) return 'imported';
  } catch (error) {
    if (error instanceof ImportError) return 'refused';
    throw error;
  }
  throw new Error('imported with weights that cannot be');
}

describe('a broken dictionary', () => {
  it.each(cases)('is finite or refused, whatever broke: $name', async ({ name, where, options }) => {
    // The folder keeps its name, from which some formats tell model and place.
    const root = path.join(scratch, name);
    cpSync(path.join(golden, where), path.join(root, where), { recursive: true });
    const target = path.join(root, where);
    const inside = where.endsWith('.pt')
      ? [target]
      : readdirSync(target, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => path.join(entry.parentPath, entry.name));
    expect(await outcome(target, options)).toBe('imported');
    const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
    let refused = 0;
    for (let i = 0; i < PER_DICTIONARY; i++) {
      const rng = createRng(seed + i);
      const file = inside[rng.int(inside.length)];
      const intact = readFileSync(file);
      writeFileSync(file, await breakFile(file, rng));
      try {
        if ((await outcome(target, options)) === 'refused') refused += 1;
      } catch (cause) {
        throw new Error(`seed ${seed + i}, ${path.basename(file)}: expected weights or an ImportError`, {
          cause,
        });
      }
      writeFileSync(file, intact);
    }
    // Else the breaking does not reach anything.
    expect(refused).toBeGreaterThan(PER_DICTIONARY / 4);
  });

  it('was broken some thousand times', () => {
    expect(cases.length * PER_DICTIONARY).toBeGreaterThan(4000);
  });
});
