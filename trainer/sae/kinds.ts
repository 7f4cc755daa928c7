/** The kinds of dictionary there are, and those that can be fitted: each is a choice of the budgets its loss averages over. */
import { hierarchicalBudgets } from './hierarchical-topk.ts';
import { topkBudgets } from './topk.ts';

export const DICTIONARY_KINDS = [
  'hierarchical-topk',
  'topk',
  'batch-topk',
  'jumprelu',
  'matryoshka-batch-topk',
  'relu',
] as const;

export type DictionaryKind = (typeof DICTIONARY_KINDS)[number];

export function isDictionaryKind(name: string): name is DictionaryKind {
  return (DICTIONARY_KINDS as readonly string[]).includes(name);
}

export const KINDS = {
  'hierarchical-topk': { budgetsOf: hierarchicalBudgets },
  topk: { budgetsOf: topkBudgets },
} as const;

/** The kinds that can be fitted. */
export type FitKind = keyof typeof KINDS;
