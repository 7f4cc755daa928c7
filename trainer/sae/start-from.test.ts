import type { Tensor2D } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../compute/backend.ts';
import type { Kernels } from '../compute/kernels.ts';
import { createRng } from '../compute/rng.ts';
import { tf } from '../compute/tf.ts';
import { type DictionaryWeights, createDictionary } from './dictionary.ts';
import type { HiddenPair } from './hidden-batch.ts';
import { randomRows } from './init.ts';
import { type FitKind, KINDS } from './kinds.ts';
import { settingsOf as smallSettings } from './pass.fixture.ts';
import { type FitSettings, RESIDUAL_FORM } from './settings.ts';
import { appendRows, startFrom } from './start-from.ts';
import { type Training, createTraining } from './training.ts';

const [D, F, ROWS] = [6, 10, 40];

let kernels: Kernels;
beforeAll(async () => {
  kernels = (await openBackend({ name: 'cpu', say: () => undefined })).kernels;
});

const settingsOf = (changes: Partial<FitSettings> = {}): FitSettings => {
  const plain = smallSettings({
    width: F,
    hiddenWidth: D,
    k: 3,
    auxCoefficient: 1 / 32,
    deadAfterTokens: 1,
    ...changes,
  });
  return { ...plain, ...KINDS[plain.kind].defaults(plain) };
};

const hiddenOf = (seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length: ROWS * D }, () => 3 + 2 * rng.normal());
};

const sample = { hidden_ND: hiddenOf(1) };
const batch = () => tf.tensor2d(hiddenOf(2), [ROWS, D]);

async function rebuild(weights: DictionaryWeights): Promise<Float32Array> {
  const dictionary = createDictionary(kernels, weights);
  const rebuilt_BD = dictionary.decode(await dictionary.encode(batch()));
  dictionary.dispose();
  return rebuilt_BD.dataSync() as Float32Array;
}

const expectClose = (got: Float32Array, expected: Float32Array, digits = 4) =>
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i], digits));

async function trained(training: Training, steps: number): Promise<Training> {
  for (let step = 0; step < steps; step++) await training.advance(batch(), false);
  return training;
}

const fitted = async (changes: Partial<FitSettings> = {}): Promise<DictionaryWeights> =>
  (await trained(createTraining(kernels, settingsOf(changes), sample.hidden_ND), 3)).weights();

describe('a fit that starts at given weights', () => {
  it.each(['topk', 'jumprelu'] as const)('is the same %s dictionary until its first step', async (kind) => {
    const weights = await fitted({ kind });
    const training = startFrom(kernels, settingsOf({ kind }), weights)({ hidden_ND: hiddenOf(9) });
    expectClose(training.weights().encoder_FD, weights.encoder_FD);
    expectClose(await rebuild(training.weights()), await rebuild(weights));
    const record = await training.advance(batch(), true);
    expect(record.step).toBe(1);
    expect(training.weights().encoder_FD).not.toEqual(weights.encoder_FD);
  });

  it('is so too where the form centres otherwise than the dictionary', async () => {
    const weights = await fitted({ kind: 'jumprelu' });
    expect(weights.centred).toBe(true);
    const form = { centring: 'constant', decoderBias: 'trained', lossNormaliser: 'none' } as const;
    const apart = startFrom(kernels, settingsOf({ kind: 'jumprelu', form }), weights)(sample).weights();
    expect(apart.centred).toBe(false);
    expectClose(await rebuild(apart), await rebuild(weights));
    const back = startFrom(kernels, settingsOf({ kind: 'jumprelu' }), apart)(sample).weights();
    expect(back.centred).toBe(true);
    expectClose(await rebuild(back), await rebuild(weights));
  });

  it('brings decoder rows to norm 1 where thresholds choose, refuses where a top-k would choose otherwise', async () => {
    const stretch = (weights: DictionaryWeights): DictionaryWeights => ({
      ...weights,
      decoder_FD: weights.decoder_FD.map((value, i) => value * (1 + Math.floor(i / D))),
    });
    const weights = stretch(await fitted({ kind: 'jumprelu' }));
    const unit = startFrom(kernels, settingsOf({ kind: 'jumprelu' }), weights)(sample).weights();
    expect(Math.hypot(...unit.decoder_FD.subarray(5 * D, 6 * D))).toBeCloseTo(1, 5);
    expectClose(await rebuild(unit), await rebuild(weights), 3);
    const topk = stretch(await fitted());
    expect(() => startFrom(kernels, settingsOf(), topk)).toThrow(/decoderRows to 'free'/);
    const free = startFrom(kernels, settingsOf({ decoderRows: 'free' }), topk)(sample);
    await trained(free, 1);
    expect(Math.hypot(...free.weights().decoder_FD.subarray(5 * D, 6 * D))).toBeGreaterThan(5);
  });

  it('refuses weights of other sizes and those that normalise rows', async () => {
    const weights = await fitted();
    expect(() => startFrom(kernels, settingsOf({ width: 12 }), weights)).toThrow(/expected 12 features/);
    const layer = { ...weights, normalisation: 'layer-norm' } as const;
    expect(() => startFrom(kernels, settingsOf(), layer)).toThrow(/read and boosted, not tuned/);
  });
});

describe('a dictionary that is extended', () => {
  const more = { encoder_ND: randomRows(4, D, createRng(5)), encoderBias_N: new Float32Array(4) };
  const newRows = { ...more, decoder_ND: more.encoder_ND };

  it.each(['topk', 'batch-topk', 'jumprelu'] as FitKind[])(
    'keeps frozen rows of a %s to the bit and trains the others',
    async (kind) => {
      const wide = appendRows(await fitted({ kind }), newRows);
      const settings = settingsOf({
        kind,
        width: F + 4,
        frozenFeatures: F,
        form: { centring: 'decoder-bias', decoderBias: 'frozen', lossNormaliser: 'none' },
      });
      const training = startFrom(kernels, settings, wide)(sample);
      const [before, after] = [training.weights(), (await trained(training, 3)).weights()];
      const rows = (weights: DictionaryWeights, from: number, to: number) => [
        weights.encoder_FD.slice(from * D, to * D),
        weights.encoderBias_F.slice(from, to),
        weights.decoder_FD.slice(from * D, to * D),
      ];
      expect(rows(after, 0, F)).toEqual(rows(before, 0, F));
      expect(after.decoderBias_D).toEqual(before.decoderBias_D);
      rows(after, F, F + 4).forEach((values, i) => expect(values).not.toEqual(rows(before, F, F + 4)[i]));
      const again = startFrom(kernels, settings, wide)(sample).state();
      expect(again.weights.encoder_FD).toHaveLength(4 * D);
    },
  );

  it('gives new features the mean threshold, and groups a new end', () => {
    const base: DictionaryWeights = {
      kind: 'matryoshka-batch-topk',
      width: 2,
      hiddenWidth: 1,
      k: 1,
      encoder_FD: Float32Array.of(1, 2),
      encoderBias_F: Float32Array.of(3, 4),
      decoder_FD: Float32Array.of(1, 1),
      decoderBias_D: Float32Array.of(0),
      selection: { by: 'threshold', threshold_F: Float32Array.of(1, 2) },
      centred: true,
      normalisation: 'none',
      groupEnds: [1, 2],
    };
    const rows = {
      encoder_ND: Float32Array.of(9),
      encoderBias_N: Float32Array.of(8),
      decoder_ND: Float32Array.of(7),
    };
    expect(appendRows(base, rows)).toMatchObject({
      width: 3,
      encoder_FD: Float32Array.of(1, 2, 9),
      encoderBias_F: Float32Array.of(3, 4, 8),
      decoder_FD: Float32Array.of(1, 1, 7),
      selection: { threshold_F: Float32Array.of(1, 2, 1.5) },
      groupEnds: [1, 3],
    });
  });
});

describe('a residual dictionary', () => {
  const pair = (seed: number): HiddenPair => {
    const hidden_BD = tf.tensor2d(hiddenOf(seed), [ROWS, D]);
    // What a base misses, a hundredth of the size: features along the first axis, else nothing.
    const target_BD = tf.mul(tf.relu(tf.sub(hidden_BD, 3)), [0.01, 0, 0, 0, 0, 0]) as Tensor2D;
    return { hidden_BD, target_BD };
  };
  const start = (kind: FitKind) => {
    const { hidden_BD, target_BD } = pair(1);
    const [hidden, target] = [hidden_BD, target_BD].map((tensor) => tensor.dataSync() as Float32Array);
    const stepTotal = 150;
    const settings = settingsOf({ kind, k: 1, form: RESIDUAL_FORM, stepTotal, deadAfterTokens: 10 * ROWS });
    const schedule = { ...settings.schedule, peak: 1e-2, stepTotal, decaySteps: 75 };
    return createTraining(kernels, { ...settings, schedule }, hidden, target);
  };

  it.each(['topk', 'batch-topk', 'jumprelu'] as FitKind[])(
    'reads x, learns the target, and is exactly 0 where nothing fires (%s)',
    async (kind) => {
      const training = start(kind);
      const first = await training.advance(pair(2), true);
      let last = first;
      for (let step = 1; step < 150; step++) last = await training.advance(pair(2 + (step % 20)), true);
      expect(last.loss).toBeLessThan(0.5 * first.loss);
      expect(last.explainedVariance).toBeGreaterThan(0.5);
      const weights = training.weights();
      expect(weights.centred).toBe(false);
      expect([...weights.decoderBias_D]).toEqual([0, 0, 0, 0, 0, 0]);
      const dictionary = createDictionary(kernels, weights);
      const { hidden_BD, target_BD } = pair(77);
      const error = async (budget?: number) => {
        const top = await dictionary.encode(hidden_BD, budget);
        const missed = tf.sum(tf.squaredDifference(target_BD, dictionary.decode(top)));
        return missed.dataSync()[0] / tf.sum(tf.square(target_BD)).dataSync()[0];
      };
      expect(await error()).toBeLessThan(0.5); // in the units of the hidden states
      const low = { ...weights, encoderBias_F: new Float32Array(F).fill(-1e6) };
      expect([...(await rebuild(low))].every((value) => value === 0)).toBe(true);
    },
  );

  it('divides its loss by the variance of the targets', async () => {
    const training = start('topk');
    const { loss } = await training.advance(pair(2), true);
    const settings: FitSettings = {
      ...training.settings,
      form: { ...RESIDUAL_FORM, lossNormaliser: 'none' },
    };
    const { hidden_BD, target_BD } = pair(1);
    const [hidden, target] = [hidden_BD, target_BD].map((tensor) => tensor.dataSync() as Float32Array);
    const plainTraining = createTraining(kernels, settings, hidden, target);
    const plain = await plainTraining.advance(pair(2), true);
    const scaled_BD = tf.div(pair(2).target_BD, plainTraining.state().units.targetScale);
    const variance = tf.mean(tf.squaredDifference(scaled_BD, tf.mean(scaled_BD, 0))).dataSync()[0];
    expect(loss).toBeCloseTo(plain.loss / variance, 4);
  });
});
