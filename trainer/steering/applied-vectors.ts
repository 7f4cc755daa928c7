/**
 * Steering vectors as plain numbers, ready to be put into a model: what the analyses take, wherever the numbers come from.
 * Knows nothing of training. papers.md 3.1
 */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { DecoderConfig } from '../lm/config.ts';
import type { Edit } from '../lm/edits.ts';
import type { Steering } from './overlay.ts';
import type { VectorPlace, VectorRecord } from './record.ts';

export interface AppliedVector {
  readonly layer: number;
  readonly values_D: Float32Array;
  /**
   * adaptive alone: the vector is scaled, token by token, by the product of this with the MLP's inner acts, which is the
   * same as adding values_D readOut_Mᵀ to the MLP's output projection.
   */
  readonly readOut_M?: Float32Array;
}

export interface AppliedVectors {
  readonly layers: readonly AppliedVector[];
  readonly place: VectorPlace;
}

export function hookpointOf(layer: number, place: VectorPlace): string {
  return `layers.${layer}.${place}`;
}

/** Of the output projection of a layer's MLP, [D, M]. */
export function downWeightOf(layer: number): string {
  return `layers.${layer}.mlp.down.weight`;
}

/** Of vectors that are the same at every token; adaptive ones change weights: steeringOf. */
export function editsOf({ layers, place }: AppliedVectors): Edit[] {
  return layers.filter(({ readOut_M }) => !readOut_M).map((one) => editOf(one, place));
}

function editOf({ layer, values_D }: AppliedVector, place: VectorPlace): Edit {
  return {
    hookpoint: hookpointOf(layer, place),
    apply: (hidden_BTD) => tf.tidy(() => hidden_BTD.add<Tensor3D>(tf.tensor1d(values_D))),
  };
}

export function steeringOf(applied: AppliedVectors): Steering {
  const adaptive = applied.layers.filter(({ readOut_M }) => readOut_M);
  return {
    apply: (parameters) => {
      const changed = adaptive.map(({ layer, values_D, readOut_M }) => {
        const outer_DM = tf.outerProduct(tf.tensor1d(values_D) as Tensor1D, tf.tensor1d(readOut_M!));
        return [downWeightOf(layer), (parameters[downWeightOf(layer)] as Tensor2D).add(outer_DM)] as const;
      });
      return { parameters: { ...parameters, ...Object.fromEntries(changed) }, edits: editsOf(applied) };
    },
  };
}

/** A stored set. */
export function appliedOf({ layers, place }: Pick<VectorRecord, 'layers' | 'place'>): AppliedVectors {
  return {
    place,
    layers: layers.map(({ layer, values, readOut }) => ({
      layer,
      values_D: Float32Array.from(values),
      ...(readOut && { readOut_M: Float32Array.from(readOut) }),
    })),
  };
}

/** Throws where the set cannot be put into a model of this shape. `name` of the set, for the message. */
export function checkApplied(
  { layers }: AppliedVectors,
  config: Pick<DecoderConfig, 'layerCount' | 'hiddenWidth' | 'mlpWidth'>,
  name: string,
): void {
  const { layerCount, hiddenWidth: D, mlpWidth: M } = config;
  checkLayers(
    layers.map(({ layer }) => layer),
    layerCount,
  );
  for (const { layer, values_D, readOut_M } of layers) {
    const fits = values_D.length === D && (readOut_M === undefined || readOut_M.length === M);
    if (!fits) {
      const got = `${values_D.length}${readOut_M ? ` and a read-out of ${readOut_M.length}` : ''}`;
      throw new Error(
        `${name}, layer ${layer}: expected a vector of ${D} values (a read-out of ${M}), as wide as the model is, ` +
          `got ${got}. Vectors go only into models of the shape that they were trained on.`,
      );
    }
    if (values_D.every(Number.isFinite)) continue;
    throw new Error(`${name}, layer ${layer}: expected finite values, got NaN or infinity. Train it again.`);
  }
}

/** Ascending, each once, all there. */
export function checkLayers(layers: readonly number[], layerCount: number): void {
  const isRight = (layer: number, i: number): boolean =>
    Number.isInteger(layer) && layer >= 0 && layer < layerCount && (i === 0 || layer > layers[i - 1]);
  if (layers.length > 0 && layers.every(isRight)) return;
  throw new Error(
    `Expected layers of 0 to ${layerCount - 1}, ascending and each once, as the model has ${layerCount}, got ` +
      `${layers.join(', ') || 'none'}. Name layers that exist.`,
  );
}
