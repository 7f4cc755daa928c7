import { describe, expect, it } from 'vitest';

import type { DecoderConfig } from '../../lm/config.ts';
import { expectFits, plainModelName } from './fits-model.ts';

const model = { layerCount: 2, hiddenWidth: 8, headCount: 2, headWidth: 3 } as DecoderConfig;
const to = { source: '/saes/one', modelSlug: 'gpt2', model, hookpoint: null, modelName: null };
const imported = {
  weights: { hiddenWidth: 8 },
  modelName: 'openai-community/gpt2',
  hookName: 'blocks.1.hook_resid_post',
  hookpoint: 'layers.1.residual.post',
};

describe('whether a dictionary fits a model', () => {
  it('gives the hookpoint of the source, or the one asked for', () => {
    expect(expectFits(imported, to)).toBe('layers.1.residual.post');
    expect(expectFits(imported, { ...to, hookpoint: 'embed' })).toBe('embed');
    expect(expectFits({ ...imported, modelName: null }, to)).toBe('layers.1.residual.post');
  });

  it('refuses another width, another model and a place the model has not, saying what to give', () => {
    expect(() => expectFits({ ...imported, weights: { hiddenWidth: 4 } }, to)).toThrow(
      /expected hidden states of width 8, as gpt2 has, got a dictionary of width 4 for openai-community\/gpt2.*--model/,
    );
    const wrong = { ...imported, modelName: 'pythia-70m' };
    expect(() => expectFits(wrong, to)).toThrow(/got one of pythia-70m.*--model-name pythia-70m/);
    expect(expectFits(wrong, { ...to, modelName: 'EleutherAI/pythia-70m' })).toBe('layers.1.residual.post');
    const deep = { ...imported, hookName: 'blocks.7.hook_resid_post', hookpoint: 'layers.7.residual.post' };
    expect(() => expectFits(deep, to)).toThrow(/got blocks.7.hook_resid_post. Choose one with --hookpoint/);
    expect(() => expectFits({ ...imported, hookName: null, hookpoint: null }, to)).toThrow(
      /a source that names none/,
    );
  });

  it('asks at heads for the width of all of them side by side', () => {
    const heads = { ...imported, hookName: 'blocks.1.attn.hook_z', hookpoint: 'layers.1.attention.heads' };
    expect(() => expectFits(heads, to)).toThrow(/expected hidden states of width 6/);
    expect(expectFits({ ...heads, weights: { hiddenWidth: 6 } }, to)).toBe('layers.1.attention.heads');
  });

  it('takes the names of one model for the same, and of two for different', () => {
    for (const name of ['gpt2', 'gpt2-small', 'openai-community/gpt2', 'GPT2'])
      expect(plainModelName(name)).toBe('gpt2');
    expect(plainModelName('gpt2-medium')).not.toBe('gpt2');
    expect(plainModelName('google/gemma-2-2b')).toBe(plainModelName('Gemma_2-2B'));
  });
});
