/** A set of vectors in words: what is added where, what was trained for what. Pure. */
import { formatCount } from '../../ui/numbers.ts';
import type { Vector } from './vector-types.ts';

type Described = Pick<Vector, 'adapter' | 'reward' | 'place' | 'rank'> & {
  readonly layers: readonly { readonly layer: number }[];
};

const PLACES: Readonly<Record<string, string>> = {
  'mlp.out': 'what the MLP writes',
  'attention.out': 'what attention writes',
  'residual.pre': 'the residual stream before the layer',
  'residual.post': 'the residual stream behind the layer',
};

export const placeWords = (place: string): string => PLACES[place] ?? place;

const ADAPTERS: Readonly<Record<Described['adapter'], string>> = {
  VECTORS: 'vectors',
  RANK: 'vectors of rank',
  ADAPTIVE: 'vector scaled by token',
  RANDOM: 'control: random vectors',
  LORA: 'LoRA',
  FULL: 'all weights',
};

export function adapterWords({ adapter, rank }: Pick<Described, 'adapter' | 'rank'>): string {
  return adapter === 'RANK' ? `${ADAPTERS.RANK} ${rank ?? 1}` : ADAPTERS[adapter];
}

export function rewardWords({ adapter, reward }: Pick<Described, 'adapter' | 'reward'>): string {
  if (adapter === 'RANDOM') return '–';
  return reward === 'EXACT' ? 'right answer' : 'control: a coin';
}

/** 0, 1, 2, 3 → 0 to 3; 4 → 4. */
export function layerWords(layers: readonly { readonly layer: number }[]): string {
  const list = layers.map(({ layer }) => layer);
  const [first, last] = [list[0], list[list.length - 1]];
  if (list.length > 2 && last - first === list.length - 1) return `${first} to ${last}`;
  return list.join(', ');
}

/** What a visitor of its page is looking at. */
export function sentenceOf(vector: Described & Pick<Vector, 'parameterCount' | 'seed'>): string {
  const { layers, adapter, reward, place, parameterCount, seed } = vector;
  const many = layers.length !== 1;
  const subject =
    adapter === 'ADAPTIVE'
      ? `A direction${many ? ' for each layer' : ''} that is added to ${placeWords(place)}, scaled by a linear reading of each token,`
      : `${many ? `${layers.length} vectors, each` : 'A vector that is'} added to ${placeWords(place)} at every token,`;
  const where = `at layer${many ? 's' : ''} ${layerWords(layers)}`;
  const how =
    adapter === 'RANDOM'
      ? 'of the norms of trained vectors and random direction: a control'
      : `trained by reinforcement learning (RLOO) ${reward === 'RANDOM' ? 'for a coin, whatever was written: a control' : 'for right answers'}`;
  return `${subject} ${where}; ${how}. ${formatCount(parameterCount)} numbers, every weight of the model as it was; seed ${seed}.`;
}
