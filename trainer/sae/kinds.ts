/** The kinds of dictionary that can be fitted: each is a choice of the budgets its loss averages over. */
import { hierarchicalBudgets } from './hierarchical-topk.ts';
import { topkBudgets } from './topk.ts';

export const KINDS = {
  'hierarchical-topk': { budgetsOf: hierarchicalBudgets },
  topk: { budgetsOf: topkBudgets },
} as const;

export type DictionaryKind = keyof typeof KINDS;

export function isDictionaryKind(name: string): name is DictionaryKind {
  return Object.hasOwn(KINDS, name);
}
