import { describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { describeKernels } from '../kernels.contract.ts';
import { normals } from '../kernels.samples.ts';
import { tf } from '../tf.ts';

const lines: string[] = [];
const opened = await openBackend({ name: 'tensorflow', threads: 2, say: (line) => lines.push(line) });

if (opened.name === 'tensorflow') {
  describeKernels(`kernels on tensorflow (${opened.device})`, () => Promise.resolve(opened.kernels));

  describe('kernels on tensorflow', () => {
    it('leave nothing behind but their results, over several blocks of rows', async () => {
      const [B, D, F, K] = [600, 256, 80, 64]; // 600 x 64 x 256 values are more than two blocks on a processor
      const [hidden_BD, encoder_FD] = [
        tf.tensor2d(normals([B, D], 1), [B, D]),
        tf.tensor2d(normals([F, D], 2), [F, D]),
      ];
      const [bias_F, bias_D] = [tf.zeros([F]) as never, tf.zeros([D]) as never];
      const { kernels } = opened;
      const before = tf.memory().numTensors;
      const input = { hidden_BD, encoder_FD, encoderBias_F: bias_F };
      const whole = await kernels.encodeBatchTopK({ ...input, k: 8 });
      const above = await kernels.encodeThreshold({ ...input, threshold: 20 });
      const top = kernels.encodeTopK({ ...input, k: K });
      const code = { ...top, decoder_FD: encoder_FD, decoderBias_D: bias_D };
      const main = kernels.hierarchical({ ...code, target_BD: hidden_BD, budgets: [4, K] });
      const rebuilt = kernels.decode(top.acts_BK, top.indices_BK, encoder_FD, bias_D);
      const back = kernels.encoderGradient({ ...input, ...top, gradActs_BK: main.gradActs_BK });
      const results = [whole, above, top, main, { rebuilt }, back].flatMap((result) => Object.values(result));
      expect(tf.memory().numTensors - before).toBe(results.length);
      tf.dispose(results);
    });
  });
} else {
  console.log(`tensorflow kernels skipped: ${lines[0]}`);
  describe.skip(`kernels on tensorflow: ${lines[0]}`, () => {
    it('has the next backend in its place', () => expect(opened.name).not.toBe('tensorflow'));
  });
}
