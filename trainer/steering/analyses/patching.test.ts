import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../../compute/backend.ts';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import { unembed } from '../../lm/decoder.ts';
import type { Edit } from '../../lm/edits.ts';
import { generateAll } from '../../lm/generate.ts';
import { loadModel, type LanguageModel } from '../../lm/model.ts';
import { wilsonShare } from '../statistics/wilson.ts';
import { groupHeads, listPatchModes, type PatchMode } from './patch-modes.ts';
import { walkToLast, writePatched } from './patched-generation.ts';
import { penultimateVector, runPatchedLayer } from './patched-layer.ts';
import { klOfModes, patchPaths } from './patching.ts';

/** Opening a backend may compile its addon first. */
const LOAD_MS = 60_000;

const GOLDEN = join(import.meta.dirname, '../../lm/golden');
/** Grouped key heads; post-norms, windows and soft caps; learned positions and layer norm. */
const FAMILIES = ['qwen2', 'gemma2', 'gpt2'];
const PROMPTS = [
  [3, 1, 4],
  [1, 5, 9, 2, 6],
  [3, 5],
];
const SAMPLING = { maxTokens: 8, temperature: 1, seed: 5, endTokens: [] };

const models = new Map<string, LanguageModel>();

beforeAll(async () => {
  await openBackend({ say: () => {} });
  for (const family of FAMILIES) models.set(family, await loadModel(join(GOLDEN, family)));
}, LOAD_MS);

const drawVector = ({ config }: LanguageModel, size = 1): Float32Array => {
  const rng = createRng(11);
  return Float32Array.from({ length: config.hiddenWidth }, () => size * rng.normal());
};

const modeOf = ({ config }: LanguageModel, name: string): PatchMode =>
  listPatchModes(config.headCount).find(({ mode }) => mode === name)!;

const tokens = (): Tensor2D => tf.tensor2d([1, 5, 2, 7, 9, 0, 4, 4, 11, 3], [2, 5], 'int32');

const addAt = (hookpoint: string, values_D: Float32Array): Edit => ({
  hookpoint,
  apply: (hidden_BTD) => hidden_BTD.add(tf.tensor1d(values_D)),
});

function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  return Array.from(got, (value, i) => Math.abs(value - expected[i])).reduce((a, b) => Math.max(a, b), 0);
}

function logitsOf(
  model: LanguageModel,
  vector_D: Float32Array,
  mode: PatchMode,
  tokens_BT = tokens(),
): Float32Array {
  return tf.tidy(() => {
    const hidden_BTD = runPatchedLayer(model, walkToLast(model, tokens_BT), vector_D, mode);
    return unembed(model.parameters, model.config, hidden_BTD).dataSync();
  }) as Float32Array;
}

describe.each(FAMILIES)('a patched last layer of %s', (family) => {
  const open = () => models.get(family)!;

  it('with every part steered is the steered model', () => {
    const model = open();
    const vector_D = drawVector(model);
    const hookpoint = `layers.${model.config.layerCount - 2}.residual.post`;
    const expected = model.logits(tokens(), addAt(hookpoint, vector_D)).dataSync();
    expect(worst(logitsOf(model, vector_D, modeOf(model, 'steered')), expected)).toBeLessThan(2e-5);
    const nothing = model.logits(tokens()).dataSync();
    expect(worst(nothing, expected)).toBeGreaterThan(1e-2);
    expect(worst(logitsOf(model, vector_D, modeOf(model, 'base')), nothing)).toBeLessThan(2e-5);
  });

  it('skipped is the vector added behind the last block, before the final norm', () => {
    const model = open();
    const vector_D = drawVector(model);
    const hookpoint = `layers.${model.config.layerCount - 1}.residual.post`;
    const expected = model.logits(tokens(), addAt(hookpoint, vector_D)).dataSync();
    expect(worst(logitsOf(model, vector_D, modeOf(model, 'skip-layer')), expected)).toBeLessThan(2e-5);
  });

  it('is the plain model in every mode when the vector is zero', () => {
    const model = open();
    const zero_D = new Float32Array(model.config.hiddenWidth);
    const plain = logitsOf(model, zero_D, modeOf(model, 'base'));
    for (const mode of listPatchModes(model.config.headCount)) {
      expect(worst(logitsOf(model, zero_D, mode), plain), mode.mode).toBeLessThan(1e-5);
    }
  });

  it('with all but attention steered is the vector added to what attention wrote', () => {
    const model = open();
    const vector_D = drawVector(model);
    const hookpoint = `layers.${model.config.layerCount - 1}.attention.out`;
    const expected = model.logits(tokens(), addAt(hookpoint, vector_D)).dataSync();
    expect(worst(logitsOf(model, vector_D, modeOf(model, 'skip-attention')), expected)).toBeLessThan(2e-5);
  });

  it('is another model in every other mode', () => {
    const model = open();
    const vector_D = drawVector(model);
    const modes = listPatchModes(model.config.headCount);
    const seen = modes.map((mode) => Array.from(logitsOf(model, vector_D, mode)));
    for (const [i, one] of seen.entries()) {
      for (const other of seen.slice(i + 1)) expect(worst(one, other)).toBeGreaterThan(1e-6);
    }
  });

  it('writes what the model writes, with a cache, steered and not', async () => {
    const model = open();
    const vector_D = drawVector(model, 0.3);
    const hookpoint = `layers.${model.config.layerCount - 2}.residual.post`;
    for (const [name, edits] of [
      ['base', []],
      ['steered', [addAt(hookpoint, vector_D)]],
    ] as const) {
      const expected = await generateAll(model, PROMPTS, { ...SAMPLING, edits });
      const written = writePatched(model, { vector_D, mode: modeOf(model, name) }, PROMPTS, SAMPLING);
      expect(written, name).toEqual(expected.map(({ tokens }) => tokens));
    }
  });

  it('writes under a mode that mixes streams what it predicts without a cache', () => {
    const model = open();
    const vector_D = drawVector(model);
    for (const name of ['k', 'not-v', 'head-1']) {
      const patch = { vector_D, mode: modeOf(model, name) };
      const [written] = writePatched(model, patch, [[3, 1, 4]], { ...SAMPLING, temperature: 0 });
      const ids = [3, 1, 4];
      while (ids.length < 11) {
        const logits = logitsOf(model, vector_D, patch.mode, tf.tensor2d([ids], [1, ids.length], 'int32'));
        const last = logits.slice(-model.config.vocabSize);
        ids.push(last.indexOf(last.reduce((a, b) => Math.max(a, b))));
      }
      expect(written, name).toEqual(ids.slice(3));
    }
  });
});

describe('patching', () => {
  it('gives the steered model all, the base nothing of the divergence', async () => {
    const model = models.get('qwen2')!;
    const vector_D = drawVector(model);
    const texts = [
      { prompt: [3, 1], response: [4, 1, 5] },
      { prompt: [2], response: [7, 1] },
    ];
    const asked: string[] = [];
    const { modes, layer, problems } = await patchPaths({
      ...{ model, vector_D, texts, rng: createRng(1) },
      measure: (mode) => Promise.resolve((asked.push(mode.mode), wilsonShare(1, 2))),
    });
    expect([layer, problems]).toEqual([model.config.layerCount - 2, 2]);
    expect(modes.map(({ mode }) => mode)).toEqual(asked);
    const of = (name: string) => modes.find(({ mode }) => mode === name)!;
    expect(of('steered')).toMatchObject({ klNats: { value: 0, n: 5 }, explained: 1 });
    expect(of('base').explained).toBe(0);
    expect(of('base').klNats.value).toBeGreaterThan(0);
  });

  it('leaves the share open where the vector changes nothing', () => {
    const model = models.get('qwen2')!;
    const zero_D = new Float32Array(model.config.hiddenWidth);
    const modes = listPatchModes(model.config.headCount);
    const kl = klOfModes({ model, vector_D: zero_D, texts: [{ prompt: [3], response: [4] }] }, modes);
    expect(kl.flat(2).every((value) => value < 1e-9)).toBe(true);
  });

  it('takes the vector of the layer before the last, and no other', () => {
    const model = models.get('qwen2')!;
    const layer = model.config.layerCount - 2;
    const values_D = drawVector(model);
    expect(penultimateVector({ layers: [{ layer, values_D }], place: 'mlp.out' }, model.config)).toBe(
      values_D,
    );
    const refused = [
      { layers: [{ layer: layer + 1, values_D }], place: 'mlp.out' as const },
      { layers: [{ layer, values_D }], place: 'attention.out' as const },
      { layers: [{ layer, values_D, readOut_M: new Float32Array(3) }], place: 'mlp.out' as const },
    ];
    for (const applied of refused)
      expect(() => penultimateVector(applied, model.config)).toThrow(/last but one/);
  });
});

describe('the modes', () => {
  it('of two heads are fourteen; heads of one source are mixed together', () => {
    const modes = listPatchModes(2);
    expect(modes.map(({ mode }) => mode)).toEqual([
      ...['base', 'steered', 'skip-attention', 'skip-layer', 'q', 'k', 'v', 'not-q', 'not-k', 'not-v'],
      ...['head-0', 'head-1', 'not-head-0', 'not-head-1'],
    ]);
    const groups = modes.map(({ heads }) => groupHeads(heads).map((group) => group.heads));
    expect(groups[4]).toEqual([[0, 1]]);
    expect(groups[11]).toEqual([[0], [1]]);
  });
});
