import { afterEach, expect, it } from 'vitest';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';

import { tf } from '../../compute/tf.ts';
import type { HiddenEdit, ReadableModel } from '../../interp/subject.ts';
import { prependToken } from './prepend-token.ts';

const BOS = 9;

/** Hidden state: the token, and the sum of all before it; behind the last layer the same, edited. */
function createSums(): ReadableModel {
  const hiddenAt = (tokens_BT: Tensor2D): Tensor3D =>
    tf.tidy(() => tf.stack([tokens_BT.toFloat(), tf.cumsum(tokens_BT.toFloat(), 1, true)], 2) as Tensor3D);
  return {
    unembedding_VD: tf.zeros([1, 2]),
    hiddenAt,
    lastHidden: (tokens_BT, edit?: HiddenEdit) => {
      const hidden_BTD = hiddenAt(tokens_BT);
      return edit ? edit.apply(hidden_BTD) : hidden_BTD;
    },
    unembed: (last_BD) => last_BD,
  };
}

afterEach(() => tf.disposeVariables());

it('lets the model read the token first and shows positions of the text alone', () => {
  const model = prependToken(createSums(), BOS);
  const tokens_BT = tf.tensor2d(
    [
      [1, 2],
      [3, 4],
    ],
    [2, 2],
    'int32',
  );
  expect(model.hiddenAt(tokens_BT, 'embed').arraySync()).toEqual([
    [
      [1, 9],
      [2, 10],
    ],
    [
      [3, 9],
      [4, 12],
    ],
  ]);
});

it('edits the text and leaves the state of the token as it is', () => {
  const sums = createSums();
  const seen: number[][] = [];
  const spied = {
    ...sums,
    lastHidden: (tokens_BT: Tensor2D, edit?: HiddenEdit) => {
      const edited = sums.lastHidden(tokens_BT, edit);
      seen.push(edited.shape, [...edited.slice([0, 0, 0], [1, 1, 2]).dataSync()]);
      return edited;
    },
  };
  const model = prependToken(spied, BOS);
  const zero: HiddenEdit = { hookpoint: 'embed', apply: (hidden_BTD) => tf.zerosLike(hidden_BTD) };
  const last_BTD = model.lastHidden(tf.tensor2d([[1, 2]], [1, 2], 'int32'), zero);
  expect(seen).toEqual([
    [1, 3, 2],
    [9, 0],
  ]);
  expect(last_BTD.arraySync()).toEqual([
    [
      [0, 0],
      [0, 0],
    ],
  ]);
});
