/** The part of the kernel contract about encoding. */
import type { Tensor1D } from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Kernels, TopActs } from './kernels.ts';
import * as oracle from './kernels.oracle.ts';
import { SHAPES, expectClose, normals, sparseBatch } from './kernels.samples.ts';
import { tf } from './tf.ts';

export function describeEncode(kernels: () => Kernels): void {
  it.each(SHAPES)('keeps the strongest acts in order for B $B D $D F $F K $K', async (sizes) => {
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
    const [acts, indices] = [await top.acts_BK.data(), await top.indices_BK.data()];
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

  it('gives ties to the lowest index, within a tile and across tiles', async () => {
    const F = 5000;
    const bias = new Float32Array(F).fill(1);
    for (const f of [4999, 3000, 17]) bias[f] = 2;
    const top = kernels().encodeTopK({
      hidden_BD: tf.zeros([2, 3]),
      encoder_FD: tf.zeros([F, 3]),
      encoderBias_F: tf.tensor1d(bias),
      k: 6,
    });
    expect([...(await top.indices_BK.data()).slice(6)]).toEqual([17, 3000, 4999, 0, 1, 2]);
    expect([...(await top.acts_BK.data()).slice(0, 6)]).toEqual([2, 2, 2, 1, 1, 1]);
  });

  it('pads rows that have too few positives, and rows of zeros', async () => {
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
    expect([...(await top.acts_BK.data())]).toEqual([3, 2, 0, 0, 0, 0]);
    expect([...(await top.indices_BK.data())]).toEqual([2, 3, 0, 0, 0, 0]);
  });

  it('chooses among the allowed features only', async () => {
    const top = kernels().encodeTopK({
      hidden_BD: tf.ones([1, 1]),
      encoder_FD: tf.tensor2d([[4], [3], [2], [1]]),
      encoderBias_F: tf.tensor1d([0, 0, 0.5, 0]),
      k: 3,
      allowed_F: tf.tensor1d([0, 1, 1, 0]),
    });
    expect([...(await top.acts_BK.data())]).toEqual([3, 2.5, 0]);
    expect([...(await top.indices_BK.data())]).toEqual([1, 2, 0]);
  });

  it('refuses NaN and infinity, naming the tensor, at once or when asked to settle', async () => {
    const encode = async (hidden: number, weight: number) => {
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
      await kernels().settle();
    };
    await expect(encode(NaN, 1)).rejects.toThrow(/hidden_BD: expected finite/);
    await expect(encode(Infinity, 1)).rejects.toThrow(/hidden_BD: expected finite/);
    await expect(encode(1, NaN)).rejects.toThrow(/encoder_FD.*: expected finite/);
    await expect(encode(1, 1)).resolves.toBeUndefined();
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
    refuse(
      { encoder_FD: tf.ones([4, 5]) },
      /encoder_FD: expected \[F 4, D 3\] beside hidden_BD \[2, 3\], got \[4, 5\]/,
    );
    refuse(
      { encoderBias_F: tf.zeros([3]) },
      /encoderBias_F: expected \[F 4\] beside encoder_FD \[4, 3\], got \[3\]/,
    );
  });
}

export function describeEncoderGradient(kernels: () => Kernels): void {
  it.each(SHAPES)(
    'sends each act its gradient and nothing where the act is 0, for B $B D $D F $F K $K',
    async (sizes) => {
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
      expectClose(await out.gradEncoder_FD.data(), gradEncoder);
      expectClose(await out.gradEncoderBias_F.data(), gradBias);
      expectClose(await out.gradHidden_D.data(), gradHidden, Math.sqrt(B * K));
    },
  );
}

export function describeEncodeOfWholeBatch(kernels: () => Kernels): void {
  it.each(SHAPES)('keeps the B·k strongest acts of the batch for B $B D $D F $F K $K', async (sizes) => {
    const { input, acts_BF } = inputOf(sizes);
    const k = Math.max(1, Math.floor(sizes.K / 2));
    const expected = oracle.topOfBatch(acts_BF, sizes.B, k);
    await expectActs(await kernels().encodeBatchTopK({ ...input, k }), expected, acts_BF);
  });

  it.each(SHAPES)('keeps every act above a threshold for B $B D $D F $F', async (sizes) => {
    const { input, acts_BF } = inputOf(sizes);
    const ranked = [...acts_BF].sort((a, b) => b - a);
    // Between two acts, so that rounding decides nothing.
    const at = Math.min(ranked.length - 1, sizes.B * sizes.K);
    const threshold = Math.max(0, (ranked[at] + ranked[Math.max(0, at - 1)]) / 2);
    const expected = oracle.actsAbove(acts_BF, sizes.B, () => threshold);
    await expectActs(await kernels().encodeThreshold({ ...input, threshold }), expected, acts_BF);
  });

  it('holds each feature to a threshold of its own', async () => {
    const top = await kernels().encodeThreshold({
      hidden_BD: tf.tensor2d([[1], [2], [-1]]),
      encoder_FD: tf.tensor2d([[1], [2], [3], [-1]]),
      encoderBias_F: tf.tensor1d([0, 0, 0.5, 0]),
      threshold: tf.tensor1d([1, 0, 3.5, 1.5]),
    });
    expect(top.acts_BK.shape).toEqual([3, 3]);
    expect([...(await top.acts_BK.data())]).toEqual([2, 0, 0, 6.5, 4, 2, 0, 0, 0]);
    expect([...(await top.indices_BK.data())]).toEqual([1, 0, 0, 2, 1, 0, 0, 0, 0]);
  });

  it('gives ties of the batch to the lowest row, then the lowest index', async () => {
    const top = await kernels().encodeBatchTopK({
      hidden_BD: tf.zeros([3, 2]),
      encoder_FD: tf.zeros([4, 2]),
      encoderBias_F: tf.tensor1d([1, 2, 1, 2]),
      k: 3,
    });
    expect([...(await top.acts_BK.data())]).toEqual([2, 2, 1, 1, 2, 2, 1, 0, 2, 2, 0, 0]);
    expect([...(await top.indices_BK.data())]).toEqual([1, 3, 0, 2, 1, 3, 0, 0, 1, 3, 0, 0]);
  });

  it('keeps one empty column when no act is positive, and only allowed features', async () => {
    const input = {
      hidden_BD: tf.tensor2d([[1], [1]]),
      encoder_FD: tf.tensor2d([[4], [3], [-2]]),
      encoderBias_F: tf.zeros([3]) as Tensor1D,
      allowed_F: tf.tensor1d([0, 0, 1]),
    };
    for (const top of [
      await kernels().encodeBatchTopK({ ...input, k: 2 }),
      await kernels().encodeThreshold({ ...input, threshold: 0 }),
    ]) {
      expect(top.acts_BK.shape).toEqual([2, 1]);
      expect([...(await top.acts_BK.data()), ...(await top.indices_BK.data())]).toEqual([0, 0, 0, 0]);
    }
  });

  it('refuses thresholds that are no numbers or belong to another dictionary', async () => {
    const { input } = inputOf({ B: 2, D: 3, F: 4, K: 1 });
    const encode = (threshold: number | Tensor1D) => kernels().encodeThreshold({ ...input, threshold });
    await expect(encode(-1)).rejects.toThrow(/threshold: expected a number of at least 0, got -1/);
    await expect(encode(NaN)).rejects.toThrow(/got NaN/);
    await expect(encode(tf.zeros([5]))).rejects.toThrow(/threshold: expected \[F 4\] beside encoder_FD/);
  });
}

function inputOf(sizes: oracle.Sizes) {
  const { B, D, F } = sizes;
  const [hidden, encoder, bias] = [normals([B, D], 11), normals([F, D], 12), normals([F], 13)];
  const input = {
    hidden_BD: tf.tensor2d(hidden, [B, D]),
    encoder_FD: tf.tensor2d(encoder, [F, D]),
    encoderBias_F: tf.tensor1d(bias),
  };
  return { input, acts_BF: oracle.preActs(hidden, encoder, bias, sizes) };
}

/** Rows of expected acts, strongest first; near ties may change places, so indices are checked by their acts. */
async function expectActs(top: TopActs, expected: number[][], acts_BF: Float64Array): Promise<void> {
  const [B, K] = top.acts_BK.shape;
  const F = acts_BF.length / B;
  const [acts, indices] = [await top.acts_BK.data(), await top.indices_BK.data()];
  expect(top.indices_BK.dtype).toBe('int32');
  expect([B, K]).toEqual([expected.length, Math.max(1, ...expected.map((row) => row.length))]);
  const padded = expected.flatMap((row) => [...row, ...Array<number>(K - row.length).fill(0)]);
  expectClose(acts, padded);
  const behind = Array.from(acts, (act, i) =>
    act > 0 ? acts_BF[Math.floor(i / K) * F + indices[i]] : indices[i],
  );
  expectClose(behind, padded);
}
