import { describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { bestEncoderScale } from './encoder-scale.ts';
import { initWeights } from './init.ts';

describe('bestEncoderScale', () => {
  it('is 1 where features rebuild their input once, and 1/2 where each is there twice', async () => {
    const { kernels } = await openBackend({ name: 'cpu' });
    const hidden = Float32Array.of(2, 0, 0, 3);
    const initial = (rows: number[]) => ({
      hiddenScale: 1,
      encoder_FD: Float32Array.from(rows),
      encoderBias_F: new Float32Array(rows.length / 2),
      decoder_FD: Float32Array.from(rows),
      decoderBias_D: new Float32Array(2),
    });
    expect(bestEncoderScale(kernels, initial([1, 0, 0, 1]), hidden, { k: 1, budgets: [1] })).toBeCloseTo(
      1,
      6,
    );
    const twice = initial([1, 0, 1, 0, 0, 1, 0, 1]);
    expect(bestEncoderScale(kernels, twice, hidden, { k: 2, budgets: [2] })).toBeCloseTo(0.5, 6);
    // Budgets 1 and 2: (1 - s)² + (1 - 2s)² is least at 3/5.
    expect(bestEncoderScale(kernels, twice, hidden, { k: 2, budgets: [1, 2] })).toBeCloseTo(0.6, 6);
  });

  it('beats its neighbours on random weights', async () => {
    const { kernels } = await openBackend({ name: 'cpu' });
    const rng = createRng(1);
    const hidden = Float32Array.from({ length: 64 * 8 }, () => rng.normal());
    const initial = initWeights(hidden, 8, 32, rng);
    const settings = { k: 4, budgets: [1, 4] };
    const best = bestEncoderScale(kernels, initial, hidden, settings);
    expect(best).toBeLessThan(1);
    const lossAt = (scale: number) => {
      const centred = tf.sub(
        tf.div(tf.tensor2d(hidden, [64, 8]), initial.hiddenScale),
        initial.decoderBias_D,
      );
      const encoder_FD = tf.tensor2d(
        initial.encoder_FD.map((value) => value * scale),
        [32, 8],
      );
      const top = kernels.encodeTopK({
        hidden_BD: centred as never,
        encoder_FD,
        encoderBias_F: tf.zeros([32]),
        k: 4,
      });
      const decoder_FD = tf.tensor2d(initial.decoder_FD, [32, 8]);
      const input = {
        ...top,
        target_BD: centred as never,
        decoder_FD,
        decoderBias_D: tf.tensor1d(new Float32Array(8)),
      };
      return kernels.hierarchical({ ...input, budgets: settings.budgets }).loss.dataSync()[0];
    };
    expect(lossAt(best)).toBeLessThan(lossAt(best * 1.1));
    expect(lossAt(best)).toBeLessThan(lossAt(best * 0.9));
  });
});
