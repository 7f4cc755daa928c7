/** What the kinds of adapter differ in, and how that becomes an adapter. */
import { tf } from '../../compute/tf.ts';
import type { Adapter, AdapterInput, AdapterValues } from '../adapter.ts';
import { createVariables, normOf, restoreVariables, saveVariables, type Variables } from './variables.ts';

export interface AdapterParts extends Pick<Adapter, 'kind' | 'layers' | 'place' | 'rank' | 'applied'> {
  readonly variables: Variables;
  readonly apply: Adapter['apply'];
  readonly layerOf?: Adapter['layerOf'];
  /** Of an adapter that has no variables. */
  readonly parameterCount?: number;
}

export function openAdapter(parts: AdapterParts): Adapter {
  const { variables } = parts;
  const count = Object.values(variables).reduce((sum, { size }) => sum + size, 0);
  return {
    layerOf: () => undefined,
    parameterCount: count,
    ...parts,
    async norms() {
      return ((await parts.applied())?.layers ?? []).map(({ values_D }) => normOf(values_D));
    },
    save: () => saveVariables(variables),
    restore: (values) => restoreVariables(variables, values),
    dispose: () => tf.dispose(Object.values(variables)),
  };
}

/** From first values, or from those given. */
export function openVariables(first: AdapterValues, { initial }: AdapterInput): Variables {
  const variables = createVariables(first);
  if (initial) restoreVariables(variables, initial);
  return variables;
}
