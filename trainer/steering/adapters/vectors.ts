/** One vector per layer, added at every position; and the control, random vectors of given norms that are not trained. */
import type { Tensor3D } from '@tensorflow/tfjs';
import { createRng, type Rng } from '../../compute/rng.ts';
import type { Adapter, AdapterInput } from '../adapter.ts';
import { hookpointOf, steeringOf, type AppliedVectors } from '../applied-vectors.ts';
import { openAdapter, openVariables } from './parts.ts';
import { normOf, zeros } from './variables.ts';

const nameOf = (layer: number): string => `layers.${layer}.vector`;

/** Start at 0: the first rollouts are the untouched model's. */
export function createVectors(input: AdapterInput): Adapter {
  const { layers, model, place = 'mlp.out' } = input;
  const D = model.config.hiddenWidth;
  const first = Object.fromEntries(layers.map((layer) => [nameOf(layer), zeros([D])]));
  const variables = openVariables(first, input);
  const edits = layers.map((layer) => ({
    hookpoint: hookpointOf(layer, place),
    apply: (hidden_BTD: Tensor3D) => hidden_BTD.add<Tensor3D>(variables[nameOf(layer)]),
  }));
  return openAdapter({
    ...{ kind: 'vectors', layers, place, rank: null, variables },
    apply: (parameters) => ({ parameters, edits }),
    layerOf: (variable) => layers.find((layer) => nameOf(layer) === variable),
    async applied() {
      const values = layers.map((layer) => variables[nameOf(layer)].data());
      const read = await Promise.all(values);
      return { place, layers: layers.map((layer, i) => ({ layer, values_D: Float32Array.from(read[i]) })) };
    },
  });
}

export function createRandom({ layers, model, place = 'mlp.out', norms, seed }: AdapterInput): Adapter {
  const isNorm = (norm: number): boolean => norm >= 0 && norm < Infinity;
  if (norms?.length !== layers.length || !norms.every(isNorm)) {
    throw new Error(
      `random: expected a norm from 0 for each of ${layers.length} layers, got ${norms?.join(', ') ?? 'none'}. ` +
        'Take those of the trained set that it is to be compared with.',
    );
  }
  const D = model.config.hiddenWidth;
  const rng = createRng(seed);
  const applied: AppliedVectors = {
    place,
    layers: layers.map((layer, i) => ({ layer, values_D: drawDirection(D, norms[i], rng) })),
  };
  return openAdapter({
    ...{ kind: 'random', layers, place, rank: null, variables: {}, parameterCount: layers.length * D },
    apply: steeringOf(applied).apply,
    applied: () => Promise.resolve(applied),
  });
}

/** Even over the sphere. */
function drawDirection(D: number, norm: number, rng: Pick<Rng, 'normal'>): Float32Array {
  const drawn = Float32Array.from({ length: D }, () => rng.normal());
  const scale = norm / normOf(drawn);
  return drawn.map((value) => value * scale);
}
