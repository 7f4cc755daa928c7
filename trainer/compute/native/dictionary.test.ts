import { createHash } from 'node:crypto';
import type { Tensor } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { describeKernels } from '../kernels.contract.ts';
import { SHAPES, normals, sparseBatch, toInput } from '../kernels.samples.ts';
import type { Kernels } from '../kernels.ts';
import { tf } from '../tf.ts';
import { loadAddon } from './addon.ts';

const opened = await openBackend({ name: 'native', threads: 2, say: () => {} });

if (opened.name === 'native') {
  const addon = loadAddon();
  const best = addon.instructionSet();
  for (const set of ['amx', 'avx512', 'avx2', 'neon', 'portable']) {
    if (!addon.useInstructionSet(set)) continue;
    describeKernels(`native kernels on ${set}`, async () => {
      addon.useInstructionSet(set);
      return opened.kernels;
    });
  }
  addon.useInstructionSet(best);

  describe('native kernels', () => {
    it('give the same bits on any number of threads', () => {
      const bits = (threads: number) => {
        addon.threads(threads);
        return SHAPES.flatMap((sizes) => everyResult(opened.kernels, sizes));
      };
      const one = bits(1);
      for (const threads of [2, 3, 5]) expect(bits(threads)).toEqual(one);
      addon.threads(2);
    });
  });
} else {
  describe.skip('native kernels: the addon is not built here (no C++ compiler)', () => {
    it('has the reference kernels in its place', () => {});
  });
}

function everyResult(kernels: Kernels, sizes: (typeof SHAPES)[number]): string[] {
  const { B, D, F, K } = sizes;
  const hidden_BD = tf.tensor2d(normals([B, D], 1), [B, D]);
  const encoder_FD = tf.tensor2d(normals([F, D], 2), [F, D]);
  const top = kernels.encodeTopK({ hidden_BD, encoder_FD, encoderBias_F: tf.zeros([F]), k: K });
  const main = kernels.hierarchical(toInput(sparseBatch(sizes, [K]), sizes));
  const back = kernels.encoderGradient({ ...top, hidden_BD, encoder_FD, gradActs_BK: main.gradActs_BK });
  return [...Object.values(top), ...Object.values(main), ...Object.values(back)].map((tensor: Tensor) =>
    createHash('sha256').update(tensor.dataSync()).digest('hex'),
  );
}
