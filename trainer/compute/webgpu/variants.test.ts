/** What the contract's shapes and the options of a software device leave out: a card's options, blocks, long lists, limits. */
import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { expectClose, normals, sparseBatch, toInput } from '../kernels.samples.ts';
import * as oracle from '../kernels.oracle.ts';
import { NoGpuError } from '../no-gpu.ts';
import { tf } from '../tf.ts';
import { mayHaveCard, openDevice } from './dawn.ts';
import { createWebgpuKernels, IN_SOFTWARE, ON_CARD, type WebgpuKernelOptions } from './dictionary.ts';
import { openForTests } from './swiftshader.ts';

const opened = await openForTests();
const reason = typeof opened === 'string' ? `: ${opened}` : '';

describe.skipIf(typeof opened === 'string')(`webgpu kernels beyond the contract${reason}`, () => {
  beforeAll(async () => {
    await openBackend({ name: 'webgpu' });
  });
  afterAll(() => tf.disposeVariables());

  const withOptions = (options: Partial<WebgpuKernelOptions>) => {
    if (typeof opened === 'string') throw new Error(opened);
    return createWebgpuKernels(opened.backend, { ...IN_SOFTWARE, ...options });
  };

  it.each([
    ['a card', ON_CARD],
    ['chunks of 128 features and blocks of 40 rows', { scratchBytes: 4 * 40 * 128, blockRows: 40 }],
  ])('rank the same acts with the options of %s', async (_, options) => {
    const sizes = { B: 100, D: 37, F: 300, K: 20 };
    const input = encodeInput(sizes);
    const [expected, got] = [withOptions({}).encodeTopK(input), withOptions(options).encodeTopK(input)];
    expectClose(await got.acts_BK.data(), await expected.acts_BK.data());
    expect([...(await got.indices_BK.data())]).toEqual([...(await expected.indices_BK.data())]);
  });

  it('rank more acts than are sorted by counting, as a sort on the processor does', async () => {
    const sizes = { B: 2, D: 4, F: 3000, K: 700 };
    const input = encodeInput(sizes);
    const top = withOptions({ threads: 256 }).encodeTopK(input);
    const preActs = oracle.preActs(
      await input.hidden_BD.data(),
      await input.encoder_FD.data(),
      await input.encoderBias_F.data(),
      sizes,
    );
    const expected = [0, 1].flatMap((b) => oracle.topOfRow(preActs.subarray(b * 3000, (b + 1) * 3000), 700));
    expectClose(
      await top.acts_BK.data(),
      expected.map(({ act }) => act),
    );
  });

  it.each([
    ['sums through workgroup memory', { subgroups: false }],
    ['residual sums of seven rows at a time', { suffixBytes: 4 * 7 * (5 * 70 + 1) }],
  ])('give the same hierarchical gradients with %s', async (_, options) => {
    const sizes = { B: 30, D: 70, F: 40, K: 9 };
    const batch = sparseBatch(sizes, [1, 3, 4, 7, 8]);
    const naive = oracle.hierarchicalGradients(batch, sizes);
    const out = withOptions(options).hierarchical(toInput(batch, sizes));
    expectClose(await out.loss.data(), [oracle.hierarchicalLoss(batch, sizes)]);
    expectClose(await out.gradActs_BK.data(), naive.gradActs_BK);
    expectClose(await out.gradDecoder_FD.data(), naive.gradDecoder_FD);
    expectClose(await out.gradDecoderBias_D.data(), naive.gradBias_D);
  });

  it.each([50, 400, 1500])('give the same bits twice when one feature acts in all of %i rows', async (B) => {
    const kernels = withOptions({});
    const hidden_BD = tf.tensor2d(normals([B, 3], 1), [B, 3]);
    const gradActs_BK = tf.tensor2d(normals([B, 1], 2), [B, 1]);
    const gradients = async () => {
      const out = kernels.encoderGradient({
        hidden_BD,
        acts_BK: tf.ones([B, 1]),
        indices_BK: tf.ones([B, 1], 'int32'),
        gradActs_BK,
        encoder_FD: tf.zeros([2, 3]),
      });
      return [...(await out.gradEncoder_FD.data())];
    };
    const first = await gradients();
    expect(await gradients()).toEqual(first);
    const [hidden, weights] = [await hidden_BD.data<'float32'>(), await gradActs_BK.data<'float32'>()];
    const sums = [0, 1, 2].map((d) =>
      weights.reduce((sum, weight, b) => sum + weight * hidden[3 * b + d], 0),
    );
    expectClose(first, [0, 0, 0, ...sums], Math.sqrt(B));
  });

  it('take an int32 tensor that tfjs only calls float32', async () => {
    const input = encodeInput({ B: 3, D: 4, F: 2000, K: 2 });
    const allowed_F = tf.cast(tf.less(tf.range(0, 2000), 1000), 'float32');
    const top = withOptions({}).encodeTopK({ ...input, allowed_F: allowed_F as never });
    expect(Math.max(...(await top.indices_BK.data()))).toBeLessThan(1000);
    const hidden_BD = tf.cast(tf.fill([60, 30], 3, 'int32'), 'float32') as never;
    const weights = { encoder_FD: tf.ones([2, 30]), encoderBias_F: tf.zeros([2]) } as never as typeof input;
    const sums = withOptions({}).encodeTopK({ ...weights, hidden_BD, k: 1 });
    expect((await sums.acts_BK.data())[59]).toBe(90);
  });

  it('change a variable that others share without changing theirs, and show every change to a later read', async () => {
    const original = tf.tensor1d([1, 2, 3]);
    const parameter = tf.variable(original);
    const moments = [tf.variable(tf.zeros([3])), tf.variable(tf.zeros([3]))];
    for (const step of [1, 2]) {
      withOptions({}).adam({
        parameter,
        gradient: tf.ones([3]),
        firstMoment: moments[0],
        secondMoment: moments[1],
        step,
        learningRate: 0.5,
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
      });
      expectClose(
        parameter.dataSync(),
        [1, 2, 3].map((value) => value - 0.5 * step),
      );
    }
    expect([...original.dataSync()]).toEqual([1, 2, 3]);
  });

  it('name the tensor of an earlier encoding when they settle, once', async () => {
    const kernels = withOptions({});
    const input = encodeInput({ B: 2, D: 3, F: 4, K: 1 });
    kernels.encodeTopK({ ...input, hidden_BD: tf.fill([2, 3], Infinity) as never });
    kernels.encodeTopK(input);
    await expect(kernels.settle()).rejects.toThrow('hidden_BD: expected finite numbers');
    await expect(kernels.settle()).resolves.toBeUndefined();
  });

  it('leave no tensor behind but their results', () => {
    const kernels = withOptions({});
    const sizes = { B: 4, D: 5, F: 6, K: 2 };
    const input = encodeInput(sizes);
    const sparse = toInput(sparseBatch(sizes, [1, 2]), sizes);
    const before = tf.memory().numTensors;
    const results: Tensor[] = [
      ...Object.values(kernels.encodeTopK(input)),
      ...Object.values(kernels.hierarchical(sparse)),
      kernels.decode(sparse.acts_BK, sparse.indices_BK, sparse.decoder_FD, sparse.decoderBias_D),
    ];
    expect(tf.memory().numTensors - before).toBe(results.length);
  });

  it('refuse more acts per row than a workgroup can hold, with the number that fits', () => {
    const F = 100_000;
    const input = {
      hidden_BD: tf.ones([1, 1]),
      encoder_FD: tf.ones([F, 1]),
      encoderBias_F: tf.zeros([F]),
      k: F,
    };
    expect(() => withOptions({}).encodeTopK(input as never)).toThrow(
      /k: expected at most \d+ acts .* got 100000/,
    );
  });

  it.skipIf(mayHaveCard())('are not taken by themselves without a card', async () => {
    await expect(openDevice({ folder: '/nowhere', asked: false })).rejects.toThrow(NoGpuError);
  });

  it('say how to get Dawn where it is missing', async () => {
    await expect(openDevice({ folder: '/nowhere', asked: true })).rejects.toThrow('npm run gpu brings it');
  });

  it('say that the device is gone, to commands and to reads', async () => {
    const kernels = withOptions({});
    const left = tf.add(tf.ones([2000]), tf.ones([2000]));
    if (typeof opened !== 'string') opened.backend.device.destroy();
    await expect(left.data()).rejects.toThrow(/webgpu: expected a working device, got: the device was lost/);
    expect(() => left.dataSync()).toThrow(/expected a working device/);
    expect(() => kernels.encodeTopK(encodeInput({ B: 1, D: 1, F: 1, K: 1 }))).toThrow(/the device was lost/);
  });
});

function encodeInput({ B, D, F, K }: oracle.Sizes) {
  return {
    hidden_BD: tf.tensor2d(normals([B, D], 1), [B, D]),
    encoder_FD: tf.tensor2d(normals([F, D], 2), [F, D]),
    encoderBias_F: tf.tensor1d(normals([F], 3)),
    k: K,
  };
}
