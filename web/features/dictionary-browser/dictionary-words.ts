/** How pages speak of a dictionary. */
import type { DictionaryKind } from '../../graphql/generated/graphql.ts';

export const KIND_NAMES: Readonly<Record<DictionaryKind, string>> = {
  TOPK: 'TopK',
  BATCH_TOPK: 'BatchTopK',
  HIERARCHICAL_TOPK: 'HierarchicalTopK',
  JUMPRELU: 'JumpReLU',
  MATRYOSHKA_BATCH_TOPK: 'Matryoshka BatchTopK',
  RELU: 'ReLU',
};

/** What a kind promises, after its name. */
export const KIND_PROMISES: Readonly<Partial<Record<DictionaryKind, string>>> = {
  HIERARCHICAL_TOPK: ': one dictionary, good at every budget',
  TOPK: ': good at the budget it was trained at',
};
