/**
 * A model under steering: weights that stand in for its own, and what is added to its hidden states on the way. Both a trained
 * adapter and stored vectors give one. Knows nothing of how they came about.
 */
import type { Tensor } from '@tensorflow/tfjs';
import { tf } from '../compute/tf.ts';
import type { Edit } from '../lm/edits.ts';
import type { Parameters } from '../lm/parameters.ts';

export interface Overlay {
  /** All of them, by the names of lm/parameters.ts. */
  readonly parameters: Parameters;
  readonly edits: readonly Edit[];
}

export interface Steering {
  /** Inside tidy or a gradient: what it makes is freed with that, and differentiable in the adapter's variables. */
  apply(parameters: Parameters): Overlay;
}

export interface OpenOverlay extends Overlay {
  dispose(): void;
}

/** For work that waits between its steps, such as generation; null: the model as it is. */
export function openOverlay(steering: Steering | null, parameters: Parameters): OpenOverlay {
  if (!steering) return { parameters, edits: [], dispose: () => {} };
  let edits: readonly Edit[] = [];
  const held: Record<string, Tensor> = tf.tidy(() => {
    const overlay = steering.apply(parameters);
    edits = overlay.edits;
    return { ...overlay.parameters };
  });
  const own = new Set<Tensor>(Object.values(parameters));
  const made = Object.values(held).filter((tensor) => !own.has(tensor) && !(tensor instanceof tf.Variable));
  for (const tensor of made) tf.keep(tensor);
  return { parameters: held, edits, dispose: () => tf.dispose(made) };
}
