/** The kinds of dictionary there are, and how those that can be fitted are. */
import { batchTopK } from './batch-topk.ts';
import type { FitKindSpec } from './fit-kind.ts';
import { hierarchicalTopK } from './hierarchical-topk.ts';
import { jumpRelu } from './jumprelu.ts';
import { matryoshkaBatchTopK } from './matryoshka-batch-topk.ts';
import { topk } from './topk.ts';

export const FIT_KINDS = [
  'hierarchical-topk',
  'topk',
  'batch-topk',
  'jumprelu',
  'matryoshka-batch-topk',
] as const;

/** The kinds that can be fitted. */
export type FitKind = (typeof FIT_KINDS)[number];

/** relu is read and published, not fitted: JumpReLU with thresholds of 0. */
export const DICTIONARY_KINDS = [...FIT_KINDS, 'relu'] as const;

export type DictionaryKind = (typeof DICTIONARY_KINDS)[number];

export function isDictionaryKind(name: string): name is DictionaryKind {
  return (DICTIONARY_KINDS as readonly string[]).includes(name);
}

/** Where thresholds choose, rows keep more or fewer acts than the mean: four times as many hold all but a few rows. */
export function capOf(meanActs: number, width: number): number {
  return Math.min(width, 4 * Math.ceil(meanActs));
}

/** The largest budget a fit of this k is made to be read at. */
export function largestBudget(kind: FitKind, k: number, width: number): number {
  const { isCalibrated, trainsThreshold } = KINDS[kind];
  return isCalibrated || trainsThreshold ? capOf(k, width) : k;
}

export const KINDS: Readonly<Record<FitKind, FitKindSpec>> = {
  'hierarchical-topk': hierarchicalTopK,
  topk,
  'batch-topk': batchTopK,
  jumprelu: jumpRelu,
  'matryoshka-batch-topk': matryoshkaBatchTopK,
};
