import { describe, expect, it } from 'vitest';
import { mapHookpoint, toTransformerLens } from './hookpoint.ts';

describe('a name of a place in the model', () => {
  it.each([
    ['blocks.3.hook_resid_pre', 'layers.3.residual.pre'],
    ['blocks.3.hook_resid_mid', 'layers.3.residual.mid'],
    ['blocks.12.hook_resid_post', 'layers.12.residual.post'],
    ['blocks.0.hook_mlp_out', 'layers.0.mlp.out'],
    ['blocks.0.hook_attn_out', 'layers.0.attention.out'],
    ['blocks.3.attn.hook_z', 'layers.3.attention.heads'],
    ['hook_embed', 'embed'],
    ['model.layers.19', 'layers.19.residual.post'],
    ['model.layers.5.output', 'layers.5.residual.post'],
    ['layers.10', 'layers.10.residual.post'],
    ['layers.29.mlp', 'layers.29.mlp.out'],
    ['h.3', 'layers.3.residual.post'],
    ['transformer.h.3.attn', 'layers.3.attention.out'],
    ['gpt_neox.layers.3', 'layers.3.residual.post'],
    ['model.layers.7.self_attn', 'layers.7.attention.out'],
    ['model.layers.7.post_feedforward_layernorm.output', 'layers.7.mlp.out'],
    ['embed_tokens', 'embed'],
    ['layers.2.residual.mid', 'layers.2.residual.mid'],
  ])('%s is ours as %s', (theirs, ours) => {
    expect(mapHookpoint(theirs)).toBe(ours);
  });

  it.each([
    'blocks.3.attn.hook_q',
    'blocks.3.hook_mlp_in',
    'blocks.3.ln2.hook_normalized',
    'model.layers.5.self_attn.o_proj.input',
    'blocks.x.hook_resid_post',
    'blocks.3.hook_resid_post.more',
    'constructor',
    '',
  ])('%s is none of ours', (theirs) => {
    expect(mapHookpoint(theirs)).toBeNull();
  });

  it.each([
    'embed',
    'layers.0.residual.pre',
    'layers.3.residual.mid',
    'layers.3.mlp.out',
    'layers.9.attention.heads',
    'layers.9.attention.out',
  ])('comes back from TransformerLens: %s', (ours) => {
    expect(toTransformerLens(ours)).not.toBe(ours);
    expect(mapHookpoint(toTransformerLens(ours))).toBe(ours);
  });

  it('stays where it is not ours', () => {
    expect(toTransformerLens('model.layers.3')).toBe('model.layers.3');
  });
});
