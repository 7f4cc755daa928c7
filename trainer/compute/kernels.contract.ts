/**
 * What every implementation of Kernels must do, as a plain function that each implementation's test calls. Values and
 * gradients are held against double-precision loops (kernels.oracle.ts), errors against their words.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { HierarchicalInput, Kernels } from './kernels.ts';
import * as oracle from './kernels.oracle.ts';
import { createRng } from './rng.ts';
import { tf } from './tf.ts';

/** float32 sums of a few hundred terms: flexsae's own tolerances are 1e-4 absolute, 1e-3 relative. */
const TOLERANCE = { absolute: 1e-5, relative: 1e-4 };

/** B, D, F, K: single, odd, powers of two, just past a tile, K = F, more rows than any block. */
const SHAPES: readonly oracle.Sizes[] = [
  { B: 1, D: 1, F: 1, K: 1 },
  { B: 3, D: 5, F: 7, K: 7 },
  { B: 17, D: 33, F: 129, K: 5 },
  { B: 64, D: 64, F: 512, K: 16 },
  { B: 9, D: 100, F: 2049, K: 64 },
  { B: 401, D: 24, F: 300, K: 12 },
];

export function describeKernels(name: string, open: () => Promise<Kernels>): void {
  let kernels: Kernels;
  beforeAll(async () => {
    kernels = await open();
  });

  describe(`${name}: encodeTopK`, () => {
    describeEncode(() => kernels);
  });
  describe(`${name}: decode and hierarchical`, () => {
    describeHierarchical(() => kernels);
  });
  describe(`${name}: encoderGradient`, () => {
    describeEncoderGradient(() => kernels);
  });
  describe(`${name}: adam and sumOfSquares`, () => {
    describeAdam(() => kernels);
  });
}

function describeEncode(kernels: () => Kernels): void {
  it.each(SHAPES)('keeps the strongest acts in order for B $B D $D F $F K $K', (sizes) => {
    const { B, D, F, K } = sizes;
    const hidden = normals([B, D], 1);
    const encoder = normals([F, D], 2);
    const bias = normals([F], 3);
    const top = kernels().encodeTopK({
      hidden_BD: tf.tensor2d(hidden, [B, D]),
      encoder_FD: tf.tensor2d(encoder, [F, D]),
      encoderBias_F: tf.tensor1d(bias),
      k: K,
    });
    const pre_BF = oracle.preActs(hidden, encoder, bias, sizes);
    const [acts, indices] = [top.acts_BK.dataSync(), top.indices_BK.dataSync()];
    expect(top.acts_BK.shape).toEqual([B, K]);
    expect(top.indices_BK.dtype).toBe('int32');
    const expected = Array.from({ length: B }, (_, b) =>
      oracle.topOfRow(pre_BF.subarray(b * F, (b + 1) * F), K),
    );
    expectClose(
      acts,
      expected.flat().map((kept) => kept.act),
    );
    for (let b = 0; b < B; b++) {
      const kept = [...indices.slice(b * K, (b + 1) * K)].filter((_, i) => acts[b * K + i] > 0);
      expect(new Set(kept).size).toBe(kept.length);
      expectClose(
        kept.map((f) => pre_BF[b * F + f]),
        acts.slice(b * K, b * K + kept.length),
      );
    }
  });

  it('gives ties to the lowest index, within a tile and across tiles', () => {
    const F = 5000;
    const bias = new Float32Array(F).fill(1);
    for (const f of [4999, 3000, 17]) bias[f] = 2;
    const top = kernels().encodeTopK({
      hidden_BD: tf.zeros([2, 3]),
      encoder_FD: tf.zeros([F, 3]),
      encoderBias_F: tf.tensor1d(bias),
      k: 6,
    });
    expect([...top.indices_BK.dataSync().slice(6)]).toEqual([17, 3000, 4999, 0, 1, 2]);
    expect([...top.acts_BK.dataSync().slice(0, 6)]).toEqual([2, 2, 2, 1, 1, 1]);
  });

  it('pads rows that have too few positives, and rows of zeros', () => {
    const top = kernels().encodeTopK({
      hidden_BD: tf.tensor2d([
        [1, -1],
        [0, 0],
      ]),
      encoder_FD: tf.tensor2d([
        [-1, 0],
        [0, 1],
        [3, 0],
        [0, -2],
      ]),
      encoderBias_F: tf.zeros([4]),
      k: 3,
    });
    expect([...top.acts_BK.dataSync()]).toEqual([3, 2, 0, 0, 0, 0]);
    expect([...top.indices_BK.dataSync()]).toEqual([2, 3, 0, 0, 0, 0]);
  });

  it('chooses among the allowed features only', () => {
    const top = kernels().encodeTopK({
      hidden_BD: tf.ones([1, 1]),
      encoder_FD: tf.tensor2d([[4], [3], [2], [1]]),
      encoderBias_F: tf.tensor1d([0, 0, 0.5, 0]),
      k: 3,
      allowed_F: tf.tensor1d([0, 1, 1, 0]),
    });
    expect([...top.acts_BK.dataSync()]).toEqual([3, 2.5, 0]);
    expect([...top.indices_BK.dataSync()]).toEqual([1, 2, 0]);
  });

  it('refuses NaN and infinity, naming the tensor', () => {
    const encode = (hidden: number, weight: number) => () =>
      kernels().encodeTopK({
        hidden_BD: tf.tensor2d([
          [1, 1],
          [1, hidden],
        ]),
        encoder_FD: tf.tensor2d([
          [1, 1],
          [1, 1],
          [weight, 1],
        ]),
        encoderBias_F: tf.zeros([3]),
        k: 1,
      });
    expect(encode(NaN, 1)).toThrow(/hidden_BD: expected finite/);
    expect(encode(Infinity, 1)).toThrow(/hidden_BD: expected finite/);
    expect(encode(1, NaN)).toThrow(/encoder_FD.*: expected finite/);
  });

  it('refuses an empty batch, k outside 1..F and tensors that do not fit', () => {
    const input = {
      hidden_BD: tf.ones([2, 3]),
      encoder_FD: tf.ones([4, 3]),
      encoderBias_F: tf.zeros([4]),
      k: 2,
    } as const;
    const refuse = (change: object, words: RegExp) =>
      expect(() => kernels().encodeTopK({ ...input, ...change } as never)).toThrow(words);
    refuse({ hidden_BD: tf.zeros([0, 3]) }, /empty batch/);
    refuse({ k: 5 }, /integer in 1\.\.4 .*got 5/);
    refuse({ k: 0 }, /integer in 1\.\.4 .*got 0/);
    refuse({ k: 1.5 }, /got 1.5/);
    refuse({ encoder_FD: tf.ones([4, 5]) }, /encoder_FD: expected shape \[4, 3\], got \[4, 5\]/);
    refuse({ encoderBias_F: tf.zeros([3]) }, /encoderBias_F: expected shape \[4\]/);
  });
}

function describeHierarchical(kernels: () => Kernels): void {
  it('gives the numbers of the worked example', () => {
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
    expectClose(out.loss.dataSync(), [0.4675]);
    expectClose(out.reconstruction_BD.dataSync(), [1.5, 1.1]);
    expectClose(out.gradActs_BK.dataSync(), [-0.57, 0.25]);
    expectClose(out.gradDecoder_FD.dataSync(), [0.125, -0.225, 0, 0, 0.375, -1.35]);
    expectClose(out.gradDecoderBias_D.dataSync(), [0.25, -0.9]);
  });

  it.each(SHAPES)(
    'agrees with the dense double loop for B $B D $D F $F K $K, at every choice of budgets',
    (sizes) => {
      for (const budgets of budgetChoices(sizes.K)) {
        const batch = sparseBatch(sizes, budgets);
        const out = kernels().hierarchical(toInput(batch, sizes));
        const naive = oracle.hierarchicalGradients(batch, sizes);
        expectClose(out.loss.dataSync(), [oracle.hierarchicalLoss(batch, sizes)]);
        expectClose(out.gradActs_BK.dataSync(), naive.gradActs_BK);
        expectClose(out.gradDecoder_FD.dataSync(), naive.gradDecoder_FD);
        expectClose(out.gradDecoderBias_D.dataSync(), naive.gradBias_D);
        const last = Array.from({ length: sizes.B }, (_, b) => [
          ...oracle.reconstructions(batch, b, sizes).slice(-sizes.D),
        ]);
        expectClose(out.reconstruction_BD.dataSync(), last.flat());
      }
    },
  );

  it('has the slopes that finite differences of its loss show', () => {
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
    expectClose(out.gradActs_BK.dataSync(), slopes('acts_BK'));
    expectClose(out.gradDecoder_FD.dataSync(), slopes('decoder_FD'));
    expectClose(out.gradDecoderBias_D.dataSync(), slopes('bias_D'));
  });

  it('is the plain TopK loss when the only budget is K', () => {
    const sizes = { B: 8, D: 12, F: 20, K: 4 };
    const batch = sparseBatch(sizes, [4]);
    const input = toInput(batch, sizes);
    const recon_BD = kernels().decode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
    const mse = tf.mean(tf.squaredDifference(recon_BD, input.target_BD)).dataSync();
    expectClose(kernels().hierarchical(input).loss.dataSync(), mse);
  });

  it.each(SHAPES)('decodes every kept act, repeats included, for B $B D $D F $F K $K', (sizes) => {
    const batch = sparseBatch(sizes, [sizes.K]);
    const input = toInput(batch, sizes);
    const recon_BD = kernels().decode(input.acts_BK, input.indices_BK, input.decoder_FD, input.decoderBias_D);
    const rows = Array.from({ length: sizes.B }, (_, b) => [
      ...oracle.reconstructions(batch, b, sizes).slice(-sizes.D),
    ]);
    expectClose(recon_BD.dataSync(), rows.flat());
  });

  it('refuses an index outside the decoder and budgets outside 1..K', () => {
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
    expect(() => kernels().decode(acts_BK, outside, decoder_FD, decoderBias_D)).toThrow();
    expect(() => kernels().hierarchical({ ...input, indices_BK: outside })).toThrow();
    for (const budgets of [[], [0, 1], [2, 1], [3]]) {
      expect(() => kernels().hierarchical({ ...input, budgets })).toThrow(/ascending integers in 1\.\.2/);
    }
  });
}

function describeEncoderGradient(kernels: () => Kernels): void {
  it.each(SHAPES)(
    'sends each act its gradient and nothing where the act is 0, for B $B D $D F $F K $K',
    (sizes) => {
      const { B, D, F, K } = sizes;
      const hidden = normals([B, D], 5);
      const encoder = normals([F, D], 6);
      const gradActs = normals([B, K], 7);
      const { acts_BK, indices_BK } = sparseBatch(sizes, [K]);
      const gradEncoder = new Float64Array(F * D);
      const gradBias = new Float64Array(F);
      const gradHidden = new Float64Array(D);
      for (let i = 0; i < B * K; i++) {
        if (acts_BK[i] <= 0) continue;
        const [b, f] = [Math.floor(i / K), indices_BK[i]];
        gradBias[f] += gradActs[i];
        for (let d = 0; d < D; d++) {
          gradEncoder[f * D + d] += gradActs[i] * hidden[b * D + d];
          gradHidden[d] += gradActs[i] * encoder[f * D + d];
        }
      }
      const out = kernels().encoderGradient({
        hidden_BD: tf.tensor2d(hidden, [B, D]),
        acts_BK: tf.tensor2d(Float32Array.from(acts_BK), [B, K]),
        indices_BK: tf.tensor2d(Int32Array.from(indices_BK), [B, K], 'int32'),
        gradActs_BK: tf.tensor2d(gradActs, [B, K]),
        encoder_FD: tf.tensor2d(encoder, [F, D]),
      });
      expectClose(out.gradEncoder_FD.dataSync(), gradEncoder);
      expectClose(out.gradEncoderBias_F.dataSync(), gradBias);
      expectClose(out.gradHidden_D.dataSync(), gradHidden, Math.sqrt(B * K));
    },
  );
}

function describeAdam(kernels: () => Kernels): void {
  const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

  it.each([1, 7, 4099])('follows the equations over five steps for %i values', (size) => {
    const parameter = tf.variable(tf.tensor1d(normals([size], 1)));
    const [firstMoment, secondMoment] = [tf.variable(tf.zeros([size])), tf.variable(tf.zeros([size]))];
    const expected = Array.from(parameter.dataSync(), (value) => [value, 0, 0] as [number, number, number]);
    for (let step = 1; step <= 5; step++) {
      const gradient = normals([size], 10 + step);
      const more = { ...settings, step, weightDecay: 0.1 };
      kernels().adam({
        ...more,
        parameter,
        gradient: tf.tensor1d(gradient),
        firstMoment,
        secondMoment,
        gradientScale: 0.5,
      });
      expected.forEach((triple, i) => (expected[i] = oracle.adamStep(triple, 0.5 * gradient[i], more)));
    }
    expectClose(
      parameter.dataSync(),
      expected.map((triple) => triple[0]),
    );
    expectClose(
      firstMoment.dataSync(),
      expected.map((triple) => triple[1]),
    );
    expectClose(
      secondMoment.dataSync(),
      expected.map((triple) => triple[2]),
    );
  });

  it('keeps decoder rows on the unit sphere and lets the radial part of a gradient go', () => {
    const parameter = tf.variable(
      tf.tensor2d([
        [1, 0, 0],
        [0, 0.6, 0.8],
      ]),
    );
    const [firstMoment, secondMoment] = [tf.variable(tf.zeros([2, 3])), tf.variable(tf.zeros([2, 3]))];
    const gradient = tf.tensor2d([
      [5, 0, 0],
      [0, 0.8, -0.6],
    ]); // along the row; across it
    kernels().adam({ ...settings, step: 1, parameter, gradient, firstMoment, secondMoment, unitRows: true });
    const rows = parameter.dataSync();
    expectClose(rows.slice(0, 3), [1, 0, 0]);
    const norm = Math.hypot(0.59, 0.81);
    expectClose(rows.slice(3), [0, 0.59 / norm, 0.81 / norm]);
    expectClose(firstMoment.dataSync(), [0, 0, 0, 0, 0.08, -0.06]);
  });

  it('sums squares, with and without the radial part', () => {
    const gradient = tf.tensor2d([
      [5, 1, 0],
      [0, 0.8, -0.6],
    ]);
    const rows = tf.tensor2d([
      [1, 0, 0],
      [0, 0.6, 0.8],
    ]);
    expect(kernels().sumOfSquares(gradient)).toBeCloseTo(27, 4);
    expect(kernels().sumOfSquares(gradient, rows)).toBeCloseTo(2, 4);
    expect(kernels().sumOfSquares(tf.tensor1d([1, NaN]))).toBeNaN();
  });
}

function budgetChoices(K: number): number[][] {
  const all = Array.from({ length: K }, (_, i) => i + 1);
  const choices = [all, [K], all.filter((j) => (j & (j - 1)) === 0), [1]];
  return K > 2 ? [...choices, [2, K - 1]] : choices;
}

/** Acts sorted as the kernel gives them, the last of every third row 0; indices may repeat within a row. */
function sparseBatch(
  sizes: oracle.Sizes,
  budgets: number[],
): oracle.SparseBatch & { indices_BK: Int32Array } {
  const { B, D, F, K } = sizes;
  const rng = createRng(4);
  const acts_BK = new Float32Array(B * K);
  for (let b = 0; b < B; b++) {
    const row = Float32Array.from({ length: K }, () => rng.next() + 0.1)
      .sort()
      .reverse();
    if (b % 3 === 0) row[K - 1] = 0;
    acts_BK.set(row, b * K);
  }
  const indices_BK = Int32Array.from(acts_BK, (act) => (act === 0 ? 0 : rng.int(F)));
  return {
    target_BD: normals([B, D], 8),
    acts_BK,
    indices_BK,
    decoder_FD: normals([F, D], 9),
    bias_D: normals([D], 10),
    budgets,
  };
}

function toInput(batch: oracle.SparseBatch, { B, D, F, K }: oracle.Sizes): HierarchicalInput {
  return {
    target_BD: tf.tensor2d(Float32Array.from(batch.target_BD), [B, D]),
    acts_BK: tf.tensor2d(Float32Array.from(batch.acts_BK), [B, K]),
    indices_BK: tf.tensor2d(Int32Array.from(batch.indices_BK), [B, K], 'int32'),
    decoder_FD: tf.tensor2d(Float32Array.from(batch.decoder_FD), [F, D]),
    decoderBias_D: tf.tensor1d(Float32Array.from(batch.bias_D)),
    budgets: batch.budgets,
  };
}

function normals(shape: readonly number[], seed: number): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal());
}

/** Within the table's tolerance of the largest expected value; `spread` widens it for long sums. */
function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, spread = 1): void {
  expect(got.length).toBe(expected.length);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  const limit = spread * (TOLERANCE.absolute * Math.min(1, scale) + TOLERANCE.relative * scale);
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const distance = Math.abs(got[i] - expected[i]);
    if (!(distance <= worst)) worst = distance;
  }
  expect(worst).toBeLessThanOrEqual(limit);
}
