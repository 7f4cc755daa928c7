/** A model that reads one token before every window and shows nothing of it: windows and positions stay those of the text. */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../../compute/tf.ts';
import type { HiddenEdit, ReadableModel } from '../../interp/subject.ts';

export function prependToken(model: ReadableModel, token: number): ReadableModel {
  const withToken = (tokens_BT: Tensor2D): Tensor2D =>
    tf.concat2d([tf.fill([tokens_BT.shape[0], 1], token, 'int32'), tokens_BT], 1);
  return {
    unembedding_VD: model.unembedding_VD,
    finalNorm_D: model.finalNorm_D,
    outputAt: (hookpoint) => model.outputAt?.(hookpoint),
    hiddenAt: (tokens_BT, hookpoint) =>
      tf.tidy(() => textOf(model.hiddenAt(withToken(tokens_BT), hookpoint))),
    lastHidden: (tokens_BT, edit) =>
      tf.tidy(() => textOf(model.lastHidden(withToken(tokens_BT), edit && behindToken(edit)))),
    unembed: (last_BD) => model.unembed(last_BD),
  };
}

/** Without the first position. */
const textOf = (values_BTX: Tensor3D): Tensor3D => {
  const [B, T, X] = values_BTX.shape;
  return values_BTX.slice([0, 1, 0], [B, T - 1, X]);
};

function behindToken({ hookpoint, apply }: HiddenEdit): HiddenEdit {
  return {
    hookpoint,
    apply: (hidden_BTD) =>
      tf.tidy(() => {
        const [B, , D] = hidden_BTD.shape;
        return tf.concat3d([hidden_BTD.slice([0, 0, 0], [B, 1, D]), apply(textOf(hidden_BTD))], 1);
      }),
  };
}
