/** Every format, as the library that owns it wrote it (golden/make.py): its acts and reconstructions, to 1e-5. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../compute/backend.ts';
import { tf } from '../../compute/tf.ts';
import { type Dictionary, createDictionary } from '../dictionary.ts';
import { importDictionary } from './import-dictionary.ts';
import type { ImportOptions } from './imported-dictionary.ts';

const golden = path.join(import.meta.dirname, 'golden');

interface Expected {
  readonly path: string;
  readonly kind: string;
  readonly options?: ImportOptions;
  readonly inputs: number[][];
  readonly acts: number[][];
  readonly reconstructions: number[][];
}

const cases = readdirSync(path.join(golden, 'expected')).map((file) => {
  const text = readFileSync(path.join(golden, 'expected', file), 'utf8');
  return { name: path.parse(file).name, ...(JSON.parse(text) as Expected) };
});

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ name: 'cpu' });
});

/** Dense acts [B, F] of what encode kept. */
async function encodeDense(dictionary: Dictionary, inputs: number[][]) {
  const hidden_BD = tf.tensor2d(inputs);
  const top = await dictionary.encode(hidden_BD);
  const acts_BK = (await top.acts_BK.array()) as number[][];
  const indices_BK = (await top.indices_BK.array()) as number[][];
  const acts_BF = inputs.map((_, b) => {
    const acts_F = new Array<number>(dictionary.width).fill(0);
    acts_BK[b].forEach((act, k) => (acts_F[indices_BK[b][k]] += act));
    return acts_F;
  });
  return { acts_BF, reconstruction_BD: (await dictionary.decode(top).array()) as number[][] };
}

function worst(got: number[][], expected: number[][]): number {
  expect(got.length).toBe(expected.length);
  return Math.max(...got.flatMap((row, b) => row.map((value, i) => Math.abs(value - expected[b][i]))));
}

describe('an imported dictionary', () => {
  it('is tested in every format there is', () => {
    expect(cases.length).toBeGreaterThan(30);
  });

  it.each(cases)('gives the acts and reconstructions of its own library: $name', async (golden_) => {
    const imported = await importDictionary(path.join(golden, golden_.path), golden_.options);
    expect(imported.weights.kind).toBe(golden_.kind);
    const dictionary = createDictionary(backend.kernels, imported.weights);
    const { acts_BF, reconstruction_BD } = await encodeDense(dictionary, golden_.inputs);
    dictionary.dispose();
    const active = golden_.acts.flat().filter((act) => act > 0).length;
    expect(active).toBeGreaterThan(golden_.inputs.length);
    expect(worst(acts_BF, golden_.acts)).toBeLessThan(1e-5);
    expect(worst(reconstruction_BD, golden_.reconstructions)).toBeLessThan(1e-5);
  });
});
