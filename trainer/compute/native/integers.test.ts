import { existsSync } from 'node:fs';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../backend.ts';
import { createRng } from '../rng.ts';
import { tf } from '../tf.ts';
import { addonPath } from './build.mjs';
import { expectSame, normal } from './kernels.parity.ts';

function ints(shape: number[], seed: number, most = 5): Tensor {
  const rng = createRng(seed);
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Int32Array.from({ length: size }, () => rng.int(2 * most + 1) - most);
  return tf.tensor(values, shape, 'int32');
}

const bools = (shape: number[], seed: number): Tensor => tf.greater(normal(shape, seed), 0);
const KINDS = [normal, ints, bools];
type Binary = (a: Tensor, b: Tensor) => Tensor;

describe.skipIf(!existsSync(addonPath()))('native kernels of int32 and bool', () => {
  beforeAll(async () => {
    await openBackend({ name: 'native' });
  });

  it('compare numbers and bools with broadcasting, NaN equal to nothing', async () => {
    const operations = [
      tf.equal,
      tf.notEqual,
      tf.greater,
      tf.greaterEqual,
      tf.less,
      tf.lessEqual,
    ] as Binary[];
    for (const operation of operations) {
      for (const make of KINDS) {
        await expectSame(() => operation(make([4, 5], 1), make([5], 2)), 0);
        await expectSame(() => operation(make([4, 1], 1), make([3, 1, 5], 2)), 0);
      }
      await expectSame(() => operation(tf.tensor1d([NaN, NaN, 1]), tf.tensor1d([NaN, 1, NaN])), 0);
    }
    for (const operation of [tf.logicalAnd, tf.logicalOr] as Binary[]) {
      await expectSame(() => operation(bools([4, 5], 1), bools([4, 1], 2)), 0);
    }
  });

  it('calculate with int32 as JavaScript stores it: wrapped around, divided downwards', async () => {
    const operations = [tf.add, tf.sub, tf.mul, tf.maximum, tf.minimum, tf.floorDiv, tf.mod] as Binary[];
    const edges = tf.tensor1d([2147483647, -2147483648, -7, 7, 0, -1], 'int32');
    for (const operation of operations) {
      await expectSame(() => operation(ints([7, 9], 1), ints([9], 2)), 0);
      await expectSame(() => operation(edges, tf.tensor1d([2, -1, 3, -3, 5, 4], 'int32')), 0);
    }
  });

  it('cast between all types', async () => {
    const edges = [0, -0.5, 1.9, -1.9, 3e9, -3e9, 1e20, NaN, Infinity, -Infinity];
    for (const type of ['float32', 'int32', 'bool'] as const) {
      for (const make of KINDS) await expectSame(() => tf.cast(make([3, 41], 1), type), 0);
      await expectSame(() => tf.cast(tf.tensor1d(edges), type), 0);
    }
  });

  it('choose by a condition', async () => {
    for (const make of KINDS) {
      await expectSame(() => tf.where(bools([6, 7], 1), make([6, 7], 2), make([6, 7], 3)), 0);
      await expectSame(() => tf.where(bools([6, 1], 1), make([6, 7], 2), make([1, 7], 3)), 0);
    }
    const rows = tf.engine().runKernel('Select', {
      condition: tf.tensor1d([1, 0], 'bool'),
      t: tf.tensor2d([[1, 2], [3, 4]]), // prettier-ignore
      e: tf.tensor2d([[5, 6], [7, 8]]), // prettier-ignore
    }) as Tensor;
    expect([...rows.dataSync()]).toEqual([1, 2, 7, 8]);
  });

  it('move int32 and bool as they move float32', async () => {
    for (const make of KINDS) {
      await expectSame(() => tf.transpose(make([5, 34, 67], 1), [2, 0, 1]), 0);
      await expectSame(() => tf.slice(make([4, 5, 6], 1), [1, 2, 3], [2, 2, 3]), 0);
      await expectSame(() => tf.tile(make([2, 3], 1), [2, 3]), 0);
      await expectSame(() => tf.concat([make([2, 3, 4], 1), make([2, 1, 4], 2)], 1), 0);
      await expectSame(() => tf.concat([make([2, 1], 1), make([2, 1], 2)], 1), 0);
      await expectSame(() => tf.gather(make([3, 6, 5], 1), tf.tensor1d([4, 1], 'int32'), 1), 0);
      await expectSame(() => tf.reverse(make([3, 4, 5], 1), [0, 2]), 0);
      await expectSame(() => tf.pad(make([3, 1, 2], 1), [[1, 0], [0, 2], [2, 1]], 1), 0); // prettier-ignore
      await expectSame(() => tf.stack([make([3, 4], 1), make([3, 4], 2)], 1), 0);
      await expectSame(() => tf.split(make([3, 7], 1), [2, 4, 1], 1)[1], 0);
      await expectSame(() => tf.unstack(make([3, 4, 2], 1), 1)[2], 0);
    }
  });

  it('gather and scatter by coordinates, equal ones adding up, and refuse those outside', async () => {
    const at = () => tf.tensor2d([[2, 0], [0, 1], [2, 0]], [3, 2], 'int32'); // prettier-ignore
    await expectSame(() => tf.gatherND(normal([3, 2, 4], 1), at()), 0);
    await expectSame(() => tf.gatherND(ints([3, 2], 1), at()), 0);
    await expectSame(() => tf.scatterND(at(), normal([3, 4], 1), [3, 2, 4]));
    expect(() => tf.gatherND(tf.zeros([2, 2]), at())).toThrow('Invalid indices');
    expect(() => tf.scatterND(at(), tf.zeros([3]), [2, 2])).toThrow('Invalid indices');
    await expectSame(() => tf.oneHot(tf.tensor1d([2, 0, 7, -1], 'int32'), 4, 9, -1), 0);
  });

  it('take the greatest k of a row, ties to the lowest index, NaN last', async () => {
    for (const [N, k] of [
      [1, 1],
      [7, 7],
      [100, 3],
      [1000, 64],
      [5000, 1],
    ]) {
      // prettier-ignore
      await expectSame(() => tf.topk(normal([9, N], N), k).values, 0);
      await expectSame(() => tf.topk(normal([9, N], N), k).indices, 0);
      await expectSame(() => tf.topk(ints([3, N], N), k).indices, 0);
    }
    const { values, indices } = tf.topk(tf.tensor1d([1, NaN, 3, 3, -Infinity]), 5);
    expect([...indices.dataSync()]).toEqual([2, 3, 0, 4, 1]);
    expect([...values.dataSync()]).toEqual([3, 3, 1, -Infinity, NaN]);
    const zeros = tf.topk(tf.zeros([1000]), 3).indices;
    expect([...zeros.dataSync()]).toEqual([0, 1, 2]);
  });

  it('sum along an axis as they go, forwards, backwards, without the last', async () => {
    for (const axis of [0, 1, 2]) {
      for (const [exclusive, reverse] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ]) {
        // prettier-ignore
        await expectSame(() => tf.cumsum(normal([3, 4, 5], 1), axis, exclusive, reverse));
        await expectSame(() => tf.cumsum(ints([3, 4, 5], 1), axis, exclusive, reverse), 0);
      }
    }
  });

  it('reduce numbers and bools over any axes', async () => {
    for (const axis of [undefined, 0, 1, -1, [0, 2]]) {
      await expectSame(() => tf.min(normal([5, 6, 7], 1), axis, true), 0);
      await expectSame(() => tf.prod(normal([5, 6, 7], 1), axis));
      for (const operation of [tf.sum, tf.max, tf.min]) {
        await expectSame(() => operation(ints([5, 6, 7], 1), axis, false), 0);
      }
      await expectSame(() => tf.all(bools([5, 3, 2], 4), axis), 0);
      await expectSame(() => tf.any(bools([5, 3, 2], 4), axis, true), 0);
    }
    for (const axis of [0, 1, 2]) {
      for (const make of [normal, ints]) {
        await expectSame(() => tf.argMax(make([5, 6, 7], 1), axis), 0);
        await expectSame(() => tf.argMin(make([5, 6, 7], 1), axis), 0);
      }
    }
  });
});
