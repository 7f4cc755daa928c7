/** Our export: read back as it was, and (where a Python with sae-lens is named) loaded by SAELens itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, openBackend } from '../../compute/backend.ts';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from '../dictionary.ts';
import { exportSaeLens } from './export-sae-lens.ts';
import { importDictionary } from './import-dictionary.ts';

const [F, D, B] = [24, 8, 64];
const FACTS = {
  modelName: 'tiny',
  hookpoint: 'layers.1.residual.post',
  contextLength: 64,
  prependBos: true,
  l0: 3,
};
const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ name: 'cpu' });
});

const rng = createRng(4);
const values = (count: number, scale = 0.5) =>
  Float32Array.from({ length: count }, () => scale * rng.normal());
const base = {
  width: F,
  hiddenWidth: D,
  encoder_FD: values(F * D),
  encoderBias_F: values(F, 0.2),
  decoder_FD: values(F * D),
  decoderBias_D: values(D, 0.2),
};
const threshold = (threshold_F: Float32Array) => ({ by: 'threshold', threshold_F }) as const;
const CASES: Readonly<Record<string, DictionaryWeights>> = {
  topk: {
    ...base,
    kind: 'topk',
    k: 4,
    selection: { by: 'topk', k: 4 },
    centred: true,
    normalisation: 'none',
  },
  hierarchical: {
    ...base,
    kind: 'hierarchical-topk',
    k: 4,
    selection: { by: 'topk', k: 4 },
    centred: true,
    normalisation: 'layer-norm',
  },
  'batch-topk': {
    ...base,
    kind: 'batch-topk',
    k: 12,
    selection: threshold(new Float32Array(F).fill(0.7)),
    centred: true,
    normalisation: 'none',
  },
  matryoshka: {
    ...base,
    kind: 'matryoshka-batch-topk',
    k: 12,
    groupEnds: [6, 12, 24],
    selection: threshold(new Float32Array(F).fill(0.6)),
    centred: true,
    normalisation: 'constant-norm',
  },
  jumprelu: {
    ...base,
    kind: 'jumprelu',
    k: 12,
    selection: threshold(values(F, 0.4).map(Math.abs)),
    centred: false,
    normalisation: 'none',
  },
  relu: {
    ...base,
    kind: 'relu',
    k: 12,
    selection: threshold(new Float32Array(F)),
    centred: false,
    normalisation: 'none',
  },
};

const inputs = Array.from({ length: B }, () => Array.from(values(D, 1)));

async function apply(weights: DictionaryWeights) {
  const dictionary = createDictionary(backend.kernels, weights);
  const top = await dictionary.encode(tf.tensor2d(inputs));
  const acts = (await top.acts_BK.array()) as number[][];
  const indices = (await top.indices_BK.array()) as number[][];
  const acts_BF = acts.map((row, b) => {
    const dense_F = new Array<number>(F).fill(0);
    row.forEach((act, k) => (dense_F[indices[b][k]] += act));
    return dense_F;
  });
  const reconstruction_BD = (await dictionary.decode(top).array()) as number[][];
  dictionary.dispose();
  return { acts_BF, reconstruction_BD };
}

const worst = (a: number[][], b: number[][]) =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i][j]))));

describe('an exported dictionary', () => {
  it.each(Object.keys(CASES))(
    'comes back with the same weights, kind and choice of acts: %s',
    async (name) => {
      const to = path.join(folder, name);
      await exportSaeLens(CASES[name], FACTS, to);
      const imported = await importDictionary(to, { k: CASES[name].k });
      expect(imported.weights).toEqual(CASES[name]);
      expect(imported.hookpoint).toBe(FACTS.hookpoint);
      expect(imported.hookName).toBe('blocks.1.hook_resid_post');
      expect(imported.advertised.l0).toBe(3);
      expect([imported.contextLength, imported.prependBos, imported.modelName]).toEqual([64, true, 'tiny']);
    },
  );

  it('keeps its L0 when a batch-topk becomes a jumprelu and comes back', async () => {
    const weights = CASES['batch-topk'];
    const to = path.join(folder, 'round-trip');
    await exportSaeLens(weights, FACTS, to);
    const count = (acts_BF: number[][]) => acts_BF.flat().filter((act) => act > 0).length;
    const before = count((await apply(weights)).acts_BF);
    expect(before).toBeGreaterThan(B);
    expect(before).toBeLessThan(count((await apply(CASES.relu)).acts_BF));
    expect(count((await apply((await importDictionary(to)).weights)).acts_BF)).toBe(before);
  });

  it('keeps as many acts as the chosen budget of a hierarchical dictionary', async () => {
    const to = path.join(folder, 'budget');
    await exportSaeLens(CASES.hierarchical, { ...FACTS, budget: 2 }, to);
    expect((await importDictionary(to)).weights.selection).toEqual({ by: 'topk', k: 2 });
    await expect(exportSaeLens(CASES.hierarchical, { ...FACTS, budget: 5 }, to)).rejects.toThrow(
      /1\.\.4, got 5/,
    );
    await expect(exportSaeLens(CASES.jumprelu, { ...FACTS, budget: 2 }, to)).rejects.toThrow(/expected none/);
  });

  it('refuses what SAELens has no kind for', async () => {
    const weights = { ...CASES.topk, selection: { by: 'group-max', k: 4 } } as const;
    await expect(exportSaeLens(weights, FACTS, path.join(folder, 'no'))).rejects.toThrow(/got groups/);
  });
});

// Named as an argument of the run: `SAE_LENS_PYTHON=/path/to/python npx vitest run export-sae-lens`.
const python = process.env.SAE_LENS_PYTHON;
const SCRIPT = `
import json, sys, torch
from sae_lens import SAE
sae = SAE.load_from_disk(sys.argv[1])
acts = sae.encode(torch.tensor(json.load(open(sys.argv[2]))))
json.dump({"architecture": sae.cfg.architecture(), "acts": acts.tolist(), "out": sae.decode(acts).tolist()}, open(sys.argv[3], "w"))
`;

describe.skipIf(!python)('SAELens (skipped unless SAE_LENS_PYTHON names a Python that has it)', () => {
  it.each(Object.keys(CASES))('loads our export and agrees to 1e-5: %s', async (name) => {
    const to = path.join(folder, `peer-${name}`);
    const [given, answer] = [path.join(folder, 'inputs.json'), path.join(folder, `${name}.json`)];
    await exportSaeLens(CASES[name], FACTS, to);
    writeFileSync(given, JSON.stringify(inputs));
    execFileSync(python!, ['-c', SCRIPT, to, given, answer], { stdio: ['ignore', 'ignore', 'pipe'] });
    const theirs = JSON.parse(readFileSync(answer, 'utf8')) as { acts: number[][]; out: number[][] };
    const ours = await apply(CASES[name]);
    const apart = [worst(ours.acts_BF, theirs.acts), worst(ours.reconstruction_BD, theirs.out)];
    console.log(`${name}: acts ${apart[0]}, reconstructions ${apart[1]}`);
    expect(Math.max(...apart)).toBeLessThan(1e-5);
  });
});
