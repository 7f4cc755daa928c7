import { describe, expect, it } from 'vitest';

import { slugOf } from './config.ts';

describe('the address an import gets by itself', () => {
  it('is made of the last two words of its path', () => {
    expect(slugOf('/saes/gpt2-small/blocks.8.hook_resid_pre')).toBe('gpt2-small-blocks-8-hook-resid-pre');
    expect(slugOf('/saes/trainer_0/ae.pt')).toBe('trainer-0-ae');
    expect(slugOf('/')).toBe('imported');
    expect(slugOf(`/${'x'.repeat(70)}/${'-y'.repeat(30)}`)).toMatch(/^[a-z0-9][a-z0-9-]{0,79}$/);
  });
});
