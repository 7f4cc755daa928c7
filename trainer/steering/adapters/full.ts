/** Every weight of the model, from where the model has it: the baseline that vectors are measured against. */
import type { Adapter, AdapterInput, AdapterValues } from '../adapter.ts';
import { openAdapter, openVariables } from './parts.ts';

export async function createFull(input: AdapterInput): Promise<Adapter> {
  const { model, layers } = input;
  const variables = openVariables(await readParameters(input), input);
  return openAdapter({
    ...{ kind: 'full', layers, place: 'mlp.out', rank: null, variables },
    apply: () => ({ parameters: { ...model.parameters, ...variables }, edits: [] }),
    applied: () => Promise.resolve(undefined),
  });
}

async function readParameters({ model }: AdapterInput): Promise<AdapterValues> {
  const entries = Object.entries(model.parameters).map(async ([name, tensor]) => {
    return [name, { shape: tensor.shape, values: (await tensor.data()) as Float32Array }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
