/** Vectors of all the layers as a product of two small matrices, S = A B (2509.06608's steering_rank). L layers, R rank. */
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import type { Adapter, AdapterInput } from '../adapter.ts';
import { hookpointOf } from '../applied-vectors.ts';
import { openAdapter, openVariables } from './parts.ts';
import { drawUniform, zeros } from './variables.ts';

export function createRank(input: AdapterInput): Adapter {
  const { layers, model, seed, rank = 1, place = 'mlp.out' } = input;
  const [L, D] = [layers.length, model.config.hiddenWidth];
  const first = { mixing: drawUniform([L, rank], rank, createRng(seed)), directions: zeros([rank, D]) };
  const variables = openVariables(first, input);
  const [mixing_LR, directions_RD] = [variables.mixing, variables.directions] as unknown as Tensor2D[];
  const edits = layers.map((layer, i) => ({
    hookpoint: hookpointOf(layer, place),
    apply: (hidden_BTD: Tensor3D) =>
      tf.tidy(() =>
        hidden_BTD.add<Tensor3D>(tf.matMul(mixing_LR.slice([i, 0], [1, rank]), directions_RD).reshape([D])),
      ),
  }));
  return openAdapter({
    ...{ kind: 'rank', layers, place, rank, variables },
    apply: (parameters) => ({ parameters, edits }),
    async applied() {
      const product_LD = tf.tidy(() => tf.matMul(mixing_LR, directions_RD));
      const values = (await product_LD.data()) as Float32Array;
      product_LD.dispose();
      const rows = layers.map((layer, i) => ({ layer, values_D: values.slice(i * D, (i + 1) * D) }));
      return { place, layers: rows };
    },
  });
}
