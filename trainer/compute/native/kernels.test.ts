import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { tf } from '../tf.ts';
import { addonPath } from './build.mjs';
import { expectSame, normal, onEachInstructionSet } from './kernels.parity.ts';

const EDGES = [-Infinity, -104.5, -88, -1, -1e-8, 0, 1e-8, 0.5, 1, 88, 88.9, Infinity, NaN];

describe.skipIf(!existsSync(addonPath()))('native kernels', () => {
  beforeAll(async () => {
    await openBackend({ name: 'native' });
  });

  it('agree with the JavaScript kernels on unary operations, at the edges of float32 too', async () => {
    const operations = [
      tf.square,
      tf.sqrt,
      tf.rsqrt,
      tf.exp,
      tf.log,
      tf.neg,
      tf.sigmoid,
      tf.relu,
      tf.tanh,
      tf.step,
      tf.abs,
      tf.reciprocal,
      tf.erf,
      tf.floor,
      tf.ceil,
      tf.round,
      tf.sign,
      tf.relu6,
      tf.leakyRelu,
      tf.elu,
      tf.softplus,
      tf.sin,
      tf.cos,
    ] as ((x: Tensor) => Tensor)[];
    for (const operation of operations) {
      await onEachInstructionSet(async () => {
        await expectSame(() => operation(tf.tensor1d(EDGES)), 2e-6);
        await expectSame(() => operation(normal([3, 37], 1)), 2e-6);
      });
    }
  });

  it('broadcast as the JavaScript kernels do', async () => {
    const pairs: [number[], number[]][] = [
      [
        [4, 5],
        [4, 5],
      ],
      [[4, 5], [5]],
      [
        [4, 1],
        [4, 5],
      ],
      [
        [4, 1],
        [1, 5],
      ],
      [[], [3, 2]],
      [
        [2, 3, 4],
        [3, 1],
      ],
      [
        [2, 1, 4, 1],
        [3, 1, 5],
      ],
      [
        [7, 1, 33],
        [1, 9, 1],
      ],
      [[0, 3], [3]],
    ];
    const operations = [tf.add, tf.sub, tf.mul, tf.div, tf.maximum, tf.minimum, tf.squaredDifference];
    await expectSame(() => tf.pow(tf.abs(normal([4, 5], 1)), normal([5], 2)));
    for (const [a, b] of pairs) {
      for (const operation of operations) await expectSame(() => operation(normal(a, 1), normal(b, 2)));
    }
  });

  it('reduce over leading, trailing, middle and scattered axes', async () => {
    const axes = [undefined, 0, 1, 2, -1, [0, 1], [1, 2], [0, 2]];
    for (const axis of axes) {
      for (const keepDims of [false, true]) {
        await expectSame(() => tf.sum(normal([5, 6, 7], 1), axis, keepDims));
        await expectSame(() => tf.mean(normal([5, 6, 7], 1), axis, keepDims));
        await expectSame(() => tf.max(normal([5, 6, 7], 1), axis, keepDims), 0);
      }
    }
    await onEachInstructionSet(async () => {
      await expectSame(() => tf.sum(normal([1000, 300], 2), 0), 1e-4);
      await expectSame(() => tf.sum(normal([300_000], 3)), 1e-3);
      await expectSame(() => tf.max(normal([7, 301], 4), 1), 0);
    });
  });

  it('take softmax of large and of equal logits', async () => {
    await onEachInstructionSet(() => expectSame(() => tf.softmax(normal([9, 33], 1))));
    await expectSame(() =>
      tf.softmax(
        tf.tensor2d([
          [1000, 1001, 999],
          [0, 0, 0],
        ]),
      ),
    );
    await expectSame(() =>
      tf.logSoftmax(
        tf.tensor2d([
          [1000, 1001, 999],
          [-5, 0, 5],
        ]),
      ),
    );
  });

  it('move values: transpose, slice, tile, concat, gather and segment sum', async () => {
    for (const perm of [
      [1, 0, 2],
      [2, 1, 0],
      [0, 2, 1],
      [2, 0, 1],
      [1, 2, 0],
      [0, 1, 2],
    ]) {
      await expectSame(() => tf.transpose(normal([5, 34, 67], 1), perm), 0);
    }
    await expectSame(() => tf.transpose(normal([3, 4, 5, 6], 1), [0, 2, 1, 3]), 0);
    await expectSame(() => tf.transpose(normal([3, 4, 5, 6], 1), [3, 1, 0, 2]), 0);
    await expectSame(() => tf.slice(normal([4, 5, 6], 1), [1, 2, 3], [2, 2, 3]), 0);
    await expectSame(() => tf.slice(normal([4, 5, 6], 1), [1, 0, 0], [2, -1, -1]), 0);
    await expectSame(() => tf.tile(normal([2, 3], 1), [2, 3]), 0);
    await expectSame(() => tf.concat([normal([2, 3, 4], 1), normal([2, 1, 4], 2)], 1), 0);
    await expectSame(
      () =>
        tf.gather(
          normal([6, 5], 1),
          tf.tensor2d(
            [
              [5, 0],
              [3, 3],
            ],
            [2, 2],
            'int32',
          ),
        ),
      0,
    );
    await expectSame(() => tf.gather(normal([3, 6, 5], 1), tf.tensor1d([4, 1], 'int32'), 1), 0);
    const ids = () => tf.tensor1d([0, 2, 2, 1, 2], 'int32');
    await expectSame(() => tf.unsortedSegmentSum(normal([5, 70], 1), ids(), 4));
    await expectSame(() => tf.unsortedSegmentSum(normal([5], 1), ids(), 4));
  });

  it('multiply batches with broadcasting', async () => {
    await expectSame(() => tf.matMul(normal([3, 4, 5], 1), normal([3, 5, 6], 2)));
    await expectSame(() => tf.matMul(normal([3, 4, 5], 1), normal([1, 6, 5], 2), false, true));
    await expectSame(() => tf.matMul(normal([5, 4], 1), normal([2, 3, 5, 6], 2), true, false));
    await expectSame(() =>
      tf.fused.matMul({
        a: normal([4, 5], 1) as never,
        b: normal([5, 6], 2) as never,
        bias: normal([6], 3),
        activation: 'relu',
      }),
    );
  });

  it('name both shapes when a product does not fit', () => {
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(/2,3.*4,5/);
  });

  it('refuse an index outside the gathered axis', () => {
    const gather = () => tf.gather(tf.zeros([3, 2]), tf.tensor1d([3], 'int32'));
    expect(gather).toThrow('the index value 3 is not in [0, 2]');
  });

  it('never use a buffer again that someone may still hold', () => {
    const make = (seed: number) => tf.tidy(() => tf.add(normal([40, 40], seed), 1));
    const read = make(1);
    const held = read.dataSync();
    const copy = [...held];
    const parent = make(2);
    const share = tf.reshape(parent, [1600]);
    const shared = [...make(2).dataSync()];
    read.dispose();
    parent.dispose();
    for (let i = 0; i < 20; i++) make(100 + i).dispose();
    expect([...held]).toEqual(copy);
    expect([...share.dataSync()]).toEqual(shared);
  });

  it('use buffers again that nobody saw', () => {
    const x = tf.zeros([64, 64]);
    const first = tf.add(x, 1);
    first.dispose();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i++) tf.add(x, 1).dispose();
    // 2000 fresh buffers would be 33 MB
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });

  it('work in a second thread that loads the addon again', async () => {
    const code = `
      const addon = require(${JSON.stringify(addonPath())});
      const c = new Float32Array(1);
      addon.matmul(Float32Array.of(2, 3), Float32Array.of(4, 5), c, 1, 1, 2, false, false, new Int32Array(1), new Int32Array(1));
      require('node:worker_threads').parentPort.postMessage(c[0]);`;
    const answer = new Promise((resolve, reject) => {
      new Worker(code, { eval: true }).once('message', resolve).once('error', reject);
    });
    expect(await answer).toBe(23);
    expect(tf.sum(tf.ones([100, 100])).dataSync()[0]).toBe(10_000);
  });
});
