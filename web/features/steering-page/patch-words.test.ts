// @vitest-environment node
import { expect, it } from 'vitest';
import { patchWords } from './patch-words.ts';

it('names every path of the patching, also those of heads nobody listed', () => {
  const names = ['base', 'steered', 'skip-attention', 'skip-layer', 'q', 'not-v', 'head-3', 'not-head-3'];
  expect(names.map((mode) => patchWords(mode).name)).toEqual([
    'base',
    'whole vector',
    'past attention',
    'past the layer',
    'queries alone',
    'all but values',
    'head 3 alone',
    'all but head 3',
  ]);
  expect(patchWords('not-head-3').group).toBe('rest');
  expect(names.filter((mode) => patchWords(mode).isHead)).toEqual(['head-3', 'not-head-3']);
});
