import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import { ADAM_DEFAULTS } from '../optim/adam.ts';
import { linearSchedule } from '../optim/schedule.ts';
import { calibrateThreshold, finishWeights } from './calibrate.ts';
import { type DictionaryWeights, createDictionary } from './dictionary.ts';
import { startTraining } from './fit.ts';
import { type FitKind, KINDS } from './kinds.ts';
import { createToySource } from './toy-source.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

/** Features that read the two axes and their opposites. */
const axes = (threshold: number): DictionaryWeights => ({
  kind: 'batch-topk',
  width: 4,
  hiddenWidth: 2,
  k: 4,
  encoder_FD: Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1),
  encoderBias_F: new Float32Array(4),
  decoder_FD: Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1),
  decoderBias_D: new Float32Array(2),
  selection: { by: 'threshold', threshold_F: new Float32Array(4).fill(threshold) },
  centred: true,
  normalisation: 'none',
});

describe('calibrateThreshold', () => {
  it('gives the largest act left out when k per row are kept, worked by hand', async () => {
    const hidden_ND = Float32Array.of(5, 4, -3, 2, 1, -0.5, 0, 0.25);
    // Acts 5 4 3 2 1 .5 .25: four rows at k = 1 keep four, so 1 is the first left out.
    expect(await calibrateThreshold(kernels, axes(0), hidden_ND, 1)).toBe(1);
    expect(await calibrateThreshold(kernels, axes(9), hidden_ND, 1.5)).toBe(0.25);
  });

  it('keeps everything where there are fewer acts than wanted', async () => {
    expect(await calibrateThreshold(kernels, axes(0), Float32Array.of(1, 0, 0, 0), 2)).toBe(0);
  });
});

describe('finishWeights', () => {
  const settingsOf = (kind: FitKind) => {
    const stepTotal = 20;
    const plain = {
      kind,
      width: 48,
      hiddenWidth: 12,
      k: 4,
      seed: 5,
      stepTotal,
      schedule: linearSchedule({ peak: 1e-2, warmupSteps: 4, stepTotal }),
      ...ADAM_DEFAULTS,
      gradientNormLimit: 1,
      auxCoefficient: 1 / 32,
      deadAfterTokens: 640,
      initTokens: 64,
    };
    return { ...plain, ...KINDS[kind].defaults(plain) };
  };
  const source = () =>
    createToySource({ hiddenWidth: 12, directions: 24, perRow: 3, batchTokens: 64, seed: 2 });

  it.each(['batch-topk', 'matryoshka-batch-topk', 'jumprelu', 'topk'] as const)(
    'sets what %s reads with',
    async (kind) => {
      const rows = source();
      const training = await startTraining(kernels, settingsOf(kind), rows);
      for (let step = 0; step < 20; step++) await training.advance(rows.next(), false);
      const state = rows.state();
      const weights = await finishWeights(kernels, training, rows, 256);
      if (kind === 'topk') return expect(weights).toEqual(training.weights());
      rows.restore(state);
      const dictionary = createDictionary(kernels, weights);
      let count = 0;
      for (let batch = 0; batch < 4; batch++) {
        const { acts_BK } = await dictionary.encode(rows.next());
        count += tf.sum(tf.cast(tf.greater(acts_BK, 0), 'float32')).dataSync()[0];
      }
      if (kind === 'jumprelu') expect(weights.k).toBeGreaterThanOrEqual(4 * Math.ceil(count / 256));
      else expect([count, weights.k]).toEqual([4 * 256, 16]);
    },
  );
});
