/** What an import says beside the weights: format, model, place, what the source advertises, which files were read. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importDictionary } from './import-dictionary.ts';

const golden = path.join(import.meta.dirname, 'golden');
const at = (where: string, options = {}) => importDictionary(path.join(golden, where), options);

describe('an import', () => {
  it.each([
    ['sae-lens/topk', 'sae-lens', 'tiny', 'layers.1.residual.post', 64, true, { k: 4 }],
    ['sae-lens/older-standard', 'sae-lens', 'tiny', 'layers.1.residual.pre', 64, true, {}],
    ['sae-lens/batchtopk', 'sae-lens', 'tiny', 'layers.1.residual.post', 64, true, { k: 3.5 }],
    [
      'google/gemma-scope-2b-pt-res/layer_3/width_16k/average_l0_7',
      'gemma-scope',
      'google/gemma-2-2b',
      'layers.3.residual.post',
      1024,
      true,
      { l0: 7 },
    ],
    [
      'google/gemma-scope-2-270m-pt/resid_post/layer_5_width_16k_l0_small',
      'gemma-scope-2',
      'gemma-v3-270m-pt',
      'layers.5.residual.post',
      1024,
      true,
      { l0: 9 },
    ],
    ['sparsify/layers.4.mlp', 'sparsify', 'EleutherAI/tiny', 'layers.4.mlp.out', 128, null, { k: 4 }],
    ['sparsify/h.5', 'sparsify', 'EleutherAI/tiny', 'layers.5.residual.post', 128, null, { k: 4 }],
    [
      'dictionary-learning/BatchTopKSAE',
      'dictionary-learning',
      'EleutherAI/pythia-70m-deduped',
      'layers.3.residual.post',
      128,
      null,
      { k: 4 },
    ],
    [
      'gpt2-small/resid_post_mlp_v5_32k/autoencoders/8.pt',
      'openai',
      'gpt2',
      'layers.8.residual.post',
      64,
      null,
      { k: 4 },
    ],
    ['gpt2-small/resid_delta_mlp_v1/autoencoders', 'openai', 'gpt2', 'layers.2.mlp.out', 64, null, {}],
    [
      'fnlp/Llama3_1-8B-Base-LXR-8x/Llama3_1-8B-Base-L3R-8x',
      'llama-scope',
      'meta-llama/Llama-3.1-8B',
      'layers.3.residual.post',
      1024,
      true,
      { k: 5 },
    ],
    [
      'fnlp/Llama-Scope-R1-Distill/800M-Slimpajama-0-OpenR1-Math-220k/L3R',
      'llama-scope-r1',
      'deepseek-ai/DeepSeek-R1-Distill-Llama-8B',
      'layers.3.residual.post',
      1024,
      true,
      {},
    ],
  ])(
    'of %s tells what it is',
    async (where, format, model, hookpoint, contextLength, prependBos, advertised) => {
      const imported = await at(where);
      expect(imported).toMatchObject({ format, modelName: model, hookpoint, contextLength, prependBos });
      expect(imported.advertised).toEqual(advertised);
    },
  );

  it('finds the same by a folder and by its file', async () => {
    const byFolder = await at('fnlp/Llama3_1-8B-Base-LXR-8x/Llama3_1-8B-Base-L3R-8x');
    const byFile = await at(
      'fnlp/Llama3_1-8B-Base-LXR-8x/Llama3_1-8B-Base-L3R-8x/checkpoints/final.safetensors',
    );
    expect(byFile).toEqual(byFolder);
    const npz = 'google/gemma-scope-2b-pt-res/layer_3/width_16k/average_l0_7';
    expect(await at(`${npz}/params.npz`)).toEqual(await at(npz));
  });

  it('names every file it read, with its hash', async () => {
    const { files } = await at('sae-lens/topk');
    expect(files.map(({ name }) => name)).toEqual(['cfg.json', 'sae_weights.safetensors']);
    for (const { name, sha256, sizeBytes } of files) {
      const bytes = readFileSync(path.join(golden, 'sae-lens/topk', name));
      expect([sha256, sizeBytes]).toEqual([createHash('sha256').update(bytes).digest('hex'), bytes.length]);
    }
    expect((await at('sparsify/layers.3')).files.map(({ name }) => name)).toContain('../config.json');
  });

  it('says what it folded and what it assumed', async () => {
    expect((await at('sae-lens/topk')).notes).toEqual([]);
    expect((await at('sae-lens/topk-rescaled')).notes.join()).toMatch(/Decoder norms are folded/);
    expect((await at('sae-lens/gated')).notes.join()).toMatch(/gate is folded/);
    expect((await at('sae-lens/older-scaled')).notes.join()).toMatch(/give inputScale/);
    expect((await at('sae-lens/jumprelu')).notes.join()).toMatch(/tells no L0/);
  });

  it('stores four times as many acts as the L0 that is told, or as many as it is asked to', async () => {
    expect((await at('sae-lens/batchtopk')).weights.k).toBe(14);
    expect((await at('sae-lens/batchtopk', { k: 20 })).weights.k).toBe(20);
    expect((await at('sae-lens/jumprelu')).weights.k).toBe(24);
  });

  it('keeps the groups of a matryoshka', async () => {
    for (const name of [
      'sae-lens/matryoshka',
      'sae-lens/matryoshka-checkpoint',
      'dictionary-learning/MatryoshkaBatchTopKSAE',
    ]) {
      expect((await at(name)).weights.groupEnds).toEqual([6, 12, 24]);
    }
  });

  it('takes model and place from whoever knows better', async () => {
    const imported = await at('sparsify/layers.3', {
      modelName: 'mine',
      hookName: 'blocks.2.hook_resid_pre',
    });
    expect([imported.modelName, imported.hookpoint]).toEqual(['mine', 'layers.2.residual.pre']);
  });

  it('cannot tell TopK from BatchTopK without the settings, and says how to', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-import-'));
    const weights = path.join(golden, 'dictionary-learning/AutoEncoderTopK/ae.pt');
    cpSync(weights, path.join(folder, 'ae.pt'));
    await expect(importDictionary(folder)).rejects.toThrow(/config\.json to tell TopK from BatchTopK/);
    expect((await importDictionary(folder, { dictClass: 'AutoEncoderTopK' })).weights.selection).toEqual({
      by: 'topk',
      k: 4,
    });
    rmSync(folder, { recursive: true });
  });

  it('takes the k strongest of a row where a batch-topk never set its threshold', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'residua-import-'));
    const from = path.join(golden, 'dictionary-learning/AutoEncoderTopK');
    cpSync(path.join(from, 'ae.pt'), path.join(folder, 'ae.pt')); // its threshold is -1
    writeFileSync(path.join(folder, 'config.json'), '{"trainer":{"dict_class":"BatchTopKSAE"}}');
    const { weights, notes } = await importDictionary(folder);
    expect(weights).toMatchObject({ kind: 'topk', selection: { by: 'topk', k: 4 } });
    expect(notes.join()).toMatch(/never set/);
    rmSync(folder, { recursive: true });
  });
});
