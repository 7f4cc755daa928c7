/**
 * LoRA (2106.09685) on the output projection of the MLP, W + B A with B zero at first and alpha = rank: the paper's baseline.
 * Of rank 1 and on one layer it is its adaptive vector: B is the direction, A read off the inner acts scales it at each token.
 */
import type { Tensor2D } from '@tensorflow/tfjs';
import { createRng } from '../../compute/rng.ts';
import { tf } from '../../compute/tf.ts';
import type { Adapter, AdapterInput } from '../adapter.ts';
import { downWeightOf } from '../applied-vectors.ts';
import { openAdapter, openVariables, type AdapterParts } from './parts.ts';
import { drawUniform, zeros, type Variables } from './variables.ts';

const readOutOf = (layer: number): string => `layers.${layer}.readOut`;
const directionOf = (layer: number): string => `layers.${layer}.direction`;

export function createLora(input: AdapterInput & { readonly rank: number }): Adapter {
  return openAdapter({ kind: 'lora', ...openLowRank(input), applied: () => Promise.resolve(undefined) });
}

export function createAdaptive(input: AdapterInput): Adapter {
  const { layers } = input;
  if (layers.length !== 1) {
    throw new Error(
      `adaptive: expected one layer, got ${layers.join(', ')}. Name one, or train LoRA on several.`,
    );
  }
  const parts = openLowRank({ ...input, rank: 1 });
  const [layer] = layers;
  const read = async (name: string) => Float32Array.from(await parts.variables[name].data());
  return openAdapter({
    kind: 'adaptive',
    ...parts,
    async applied() {
      const values_D = await read(directionOf(layer));
      return {
        place: 'mlp.out',
        layers: [{ layer, values_D, readOut_M: await read(readOutOf(layer)) }],
      };
    },
  });
}

function openLowRank(
  input: AdapterInput & { readonly rank: number },
): Omit<AdapterParts, 'kind' | 'applied'> {
  const { layers, model, rank, seed } = input;
  const { hiddenWidth: D, mlpWidth: M } = model.config;
  const rng = createRng(seed);
  const first = layers.flatMap((layer) => [
    [readOutOf(layer), drawUniform([rank, M], M, rng)] as const,
    [directionOf(layer), zeros([D, rank])] as const,
  ]);
  const variables = openVariables(Object.fromEntries(first), input);
  return {
    ...{ layers, place: 'mlp.out', rank, variables },
    layerOf: (variable) => Number(/^layers\.(\d+)\./.exec(variable)?.[1]),
    apply: (parameters) => {
      const changed = layers.map((layer) => {
        const name = downWeightOf(layer);
        return [name, addProduct(parameters[name] as Tensor2D, variables, layer)] as const;
      });
      return { parameters: { ...parameters, ...Object.fromEntries(changed) }, edits: [] };
    },
  };
}

function addProduct(weight_DM: Tensor2D, variables: Variables, layer: number): Tensor2D {
  const [direction_DR, readOut_RM] = [variables[directionOf(layer)], variables[readOutOf(layer)]];
  return weight_DM.add(tf.matMul(direction_DR as unknown as Tensor2D, readOut_RM as unknown as Tensor2D));
}
