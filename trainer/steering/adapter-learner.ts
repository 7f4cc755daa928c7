/** An adapter while it is trained: its variables and AdamW's moments, and one clipped step of both. Knows no rewards. */
import type { Tensor } from '@tensorflow/tfjs';
import type { Kernels } from '../compute/kernels.ts';
import { tf } from '../compute/tf.ts';
import type { NamedArray } from '../lm/safetensors.ts';
import { disposeAdam, initAdam, updateAdam, type AdamState } from '../optim/adam.ts';
import { clipGlobalNorm } from '../optim/clip.ts';
import type { Adapter } from './adapter.ts';
import { restoreVariables, saveVariables, type Variables } from './adapters/variables.ts';
import type { SteeringSettings } from './settings.ts';

export interface AdapterLearner {
  /** Takes the gradients; variables that have none are given zeros, as an optimiser does. Returns the norm before clipping. */
  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number): Promise<number>;
  /** Variables and moments. */
  save(): Promise<Record<string, NamedArray>>;
  restore(arrays: Readonly<Record<string, NamedArray>>, step: number): void;
  dispose(): void;
}

/** The learning rate of `apply` is the first layer's; the others keep their ratio to it. */
export function createAdapterLearner(
  kernels: Kernels,
  adapter: Adapter,
  settings: SteeringSettings,
): AdapterLearner {
  const { variables } = adapter;
  const { rates, weightDecay, beta1, beta2, epsilon, clipNorm } = settings;
  const rateFactors = Object.fromEntries(
    Object.keys(variables).map((name) => {
      const layer = adapter.layerOf(name);
      return [name, layer === undefined ? 1 : rates[adapter.layers.indexOf(layer)] / rates[0]];
    }),
  );
  let adam: AdamState = initAdam(variables);
  const state = (): Variables => ({
    ...variables,
    ...prefixed('adam.first.', adam.firstMoments),
    ...prefixed('adam.second.', adam.secondMoments),
  });
  return {
    async apply(gradients, learningRate) {
      const missing = Object.keys(variables).filter((name) => !(name in gradients));
      const zeros = missing.map((name) => [name, tf.zerosLike(variables[name])] as const);
      const all = { ...gradients, ...Object.fromEntries(zeros) };
      try {
        const { norm, scale } = await clipGlobalNorm(kernels, all, clipNorm);
        const adamSettings = { learningRate, beta1, beta2, epsilon, weightDecay, rateFactors };
        adam = updateAdam(kernels, variables, all, adam, { ...adamSettings, gradientScale: scale });
        return norm;
      } finally {
        tf.dispose(all);
      }
    },
    save: () => saveVariables(state()),
    restore(arrays, step) {
      restoreVariables(state(), arrays);
      adam = { ...adam, step };
    },
    dispose: () => disposeAdam(adam),
  };
}

function prefixed(start: string, variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).map(([name, one]) => [start + name, one]));
}
