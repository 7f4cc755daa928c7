/** The part of the kernel contract about decoding and the hierarchical loss. */
import { expect, it } from 'vitest';
import type { Kernels } from './kernels.ts';
import * as oracle from './kernels.oracle.ts';
import { SHAPES, budgetChoices, expectClose, sparseBatch, toInput } from './kernels.samples.ts';
import { tf } from './tf.ts';

export function describeHierarchical(kernels: () => Kernels): void {
  it('gives the numbers of the worked example', async () => {
    // Three rows (1,0), (0,1), (.6,.8); bias (.1,-.1); x (1,2); acts 1.5 of row 2, then 0.5 of row 0.
    // x̂_1 = (1.0, 1.1), x̂_2 = (1.5, 1.1); the rest follows by hand.
    const out = kernels().hierarchical({
      target_BD: tf.tensor2d([[1, 2]]),
      acts_BK: tf.tensor2d([[1.5, 0.5]]),
      indices_BK: tf.tensor2d([[2, 0]], [1, 2], 'int32'),
      decoder_FD: tf.tensor2d([
        [1, 0],
        [0, 1],
        [0.6, 0.8],
      ]),
      decoderBias_D: tf.tensor1d([0.1, -0.1]),
      budgets: [1, 2],
    });
    expectClose(await out.loss.data(), [0.4675]);
    expectClose(await out.reconstruction_BD.data(), [1.5, 1.1]);
    expectClose(await out.gradActs_BK.data(), [-0.57, 0.25]);
    expectClose(await out.gradDecoder_FD.data(), [0.125, -0.225, 0, 0, 0.375, -1.35]);
    expectClose(await out.gradDecoderBias_D.data(), [0.25, -0.9]);
  });

  it.each(SHAPES)(
    'agrees with the dense double loop for B $B D $D F $F K $K, at every choice of budgets',
    async (sizes) => {
      for (const budgets of budgetChoices(sizes.K)) {
        const batch = sparseBatch(sizes, budgets);
        const out = kernels().hierarchical(toInput(batch, sizes));
        const naive = oracle.hierarchicalGradients(batch, sizes);
        expectClose(await out.loss.data(), [oracle.hierarchicalLoss(batch, sizes)]);
        expectClose(await out.gradActs_BK.data(), naive.gradActs_BK);
        expectClose(await out.gradDecoder_FD.data(), naive.gradDecoder_FD);
        expectClose(await out.gradDecoderBias_D.data(), naive.gradBias_D);
        const last = Array.from({ length: sizes.B }, (_, b) => [
          ...oracle.reconstructions(batch, b, sizes).slice(-sizes.D),
        ]);
        expectClose(await out.reconstruction_BD.data(), last.flat());
      }
    },
  );

  it('has the slopes that finite differences of its loss show', async () => {
    const sizes = { B: 4, D: 6, F: 9, K: 5 };
    const batch = sparseBatch(sizes, [1, 3, 4]);
    const out = kernels().hierarchical(toInput(batch, sizes));
    const slopes = (field: 'acts_BK' | 'decoder_FD' | 'bias_D') =>
      Array.from(batch[field], (value, i) => {
        const at = (step: number) => {
          const moved = Float64Array.from(batch[field]);
          moved[i] = value + step;
          return oracle.hierarchicalLoss({ ...batch, [field]: moved }, sizes);
        };
        return (at(1e-5) - at(-1e-5)) / 2e-5;
      });
    expectClose(await out.gradActs_BK.data(), slopes('acts_BK'));
    expectClose(await out.gradDecoder_FD.data(), slopes('decoder_FD'));
    expectClose(await out.gradDecoderBias_D.data(), slopes('bias_D'));
  });

  it('is the plain TopK loss when the only budget is K', async () => {
    const sizes = { B: 8, D: 12, F: 20, K: 4 };
    const batch = sparseBatch(sizes, [4]);
    const input = toInput(batch, sizes);
    const recon_BD = kernels().decode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
    const mse = await tf.mean(tf.squaredDifference(recon_BD, input.target_BD)).data();
    expectClose(await kernels().hierarchical(input).loss.data(), mse);
  });

  it.each(SHAPES)('decodes every kept act, repeats included, for B $B D $D F $F K $K', async (sizes) => {
    const batch = sparseBatch(sizes, [sizes.K]);
    const input = toInput(batch, sizes);
    const recon_BD = kernels().decode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
    const rows = Array.from({ length: sizes.B }, (_, b) => [
      ...oracle.reconstructions(batch, b, sizes).slice(-sizes.D),
    ]);
    expectClose(await recon_BD.data(), rows.flat());
  });

  it('refuses an index outside the decoder, at once or when asked to settle, and budgets outside 1..K', async () => {
    const sizes = { B: 2, D: 3, F: 4, K: 2 };
    const input = toInput(sparseBatch(sizes, [1, 2]), sizes);
    const outside = tf.tensor2d(
      [
        [0, 1],
        [2, 4],
      ],
      [2, 2],
      'int32',
    );
    const { acts_BK, decoder_FD, decoderBias_D } = input;
    const settled = async (work: () => unknown) => {
      work();
      await kernels().settle();
    };
    await expect(
      settled(() => kernels().decode(acts_BK, outside, decoder_FD, decoderBias_D)),
    ).rejects.toThrow();
    await expect(settled(() => kernels().hierarchical({ ...input, indices_BK: outside }))).rejects.toThrow();
    for (const budgets of [[], [0, 1], [2, 1], [3]]) {
      expect(() => kernels().hierarchical({ ...input, budgets })).toThrow(/ascending integers in 1\.\.2/);
    }
  });
}
