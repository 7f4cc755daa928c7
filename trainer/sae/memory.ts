/**
 * What fitting a dictionary holds in memory: weights, Adam's moments, gradients, the batch, what encoding needs besides.
 * The fast kernels never store B x F; the reference ones do, and then it is here. Formulas: F features, D hidden width,
 * B rows of a batch, K acts kept.
 */
import { createItem, type MemoryItem } from '../compute/memory.ts';

export interface DictionarySize {
  /** F */
  readonly width: number;
  /** D */
  readonly hiddenWidth: number;
  /** K */
  readonly k: number;
}

export interface FitSize extends DictionarySize {
  /** B */
  readonly batchTokens: number;
  /** Sample a new dictionary starts from. */
  readonly initTokens: number;
  /** True for kernels composed of ordinary operations (compute/reference). */
  readonly isReference: boolean;
  /** Values of one intermediate of a block of rows, in such kernels. */
  readonly blockValues: number;
}

/** Encoder and decoder; the biases beside them are counted as one more row. */
const matrices = ({ width: F, hiddenWidth: D }: DictionarySize, name: string, copies: number): MemoryItem =>
  createItem(name, { axes: { F: F + 1, D }, copies: 2 * copies });

/** The sample and the first weights are JavaScript's before they are the backend's, and not yet collected at the first step. */
export function startMemory(size: FitSize): MemoryItem[] {
  const { width: F, hiddenWidth: D, initTokens } = size;
  return [
    createItem('sample to start from', { axes: { rows: initTokens, D }, copies: 2, place: 'arrays' }),
    createItem('first weights', { axes: { F, D }, copies: 3, place: 'arrays' }),
    ...parameterMemory(size),
  ];
}

/** Alive for the whole fit. */
export function parameterMemory(size: DictionarySize): MemoryItem[] {
  return [
    matrices(size, 'encoder and decoder', 1),
    matrices(size, 'Adam: first moments', 1),
    matrices(size, 'Adam: second moments', 1),
    createItem('tokens since a feature fired', {
      axes: { F: size.width },
      bytesPerValue: 8,
      place: 'arrays',
    }),
  ];
}

export function stepMemory(size: FitSize): MemoryItem[] {
  const { batchTokens: B, hiddenWidth: D, k: K } = size;
  return [
    matrices(size, 'gradients', 1),
    createItem('batch, centred, rebuilt, missed', { axes: { B, D }, copies: 6 }),
    createItem('acts, indices, gradients', { axes: { B, K }, copies: 6 }),
    ...(size.isReference ? referenceEncodeMemory(size) : [encodeScratch(size)]),
  ];
}

/** On top of that, as soon as features have died: the auxiliary loss that calls them back. */
export function deadFeatureMemory({ batchTokens: B, width: F, hiddenWidth: D }: FitSize): MemoryItem[] {
  const auxK = Math.max(1, Math.floor(D / 2));
  return [
    // Its own, scaled, and the sum with the other.
    createItem('gradients for dead features', { axes: { F, D }, copies: 3 }),
    createItem('their acts, indices, gradients', { axes: { B, auxK }, copies: 6 }),
  ];
}

/** The encoder packed for the matrix product; tiles of a few hundred rows and columns are too small to be counted. */
function encodeScratch({ width: F, hiddenWidth: D }: DictionarySize): MemoryItem {
  return createItem('encode: packed encoder', { axes: { F, D } });
}

function referenceEncodeMemory(size: FitSize): MemoryItem[] {
  const { batchTokens: B, width: F, hiddenWidth: D, k: K } = size;
  const values = Math.min(size.blockValues, B * K * D);
  return [
    createItem('encode: all pre-activations', { axes: { B, F }, copies: 4 }),
    createItem('gradients of every block of rows', {
      axes: { blocks: Math.ceil((B * K * D) / values), F, D },
    }),
    createItem('intermediates of a block', { axes: { values }, copies: 8 }),
  ];
}

/** A dictionary in use. */
export function dictionaryMemory(size: DictionarySize & { readonly isReference: boolean }): MemoryItem[] {
  const weights = matrices(size, 'dictionary', 1);
  return size.isReference ? [weights] : [weights, encodeScratch(size)];
}

/** Result buffers of the fit that a backend keeps for reuse (compute/native/memory.ts): one of every gradient. */
export function idleMemory(size: DictionarySize & { readonly isReference: boolean }): MemoryItem[] {
  return size.isReference ? [] : [matrices(size, 'kept for reuse: gradients', 1)];
}

/** Bytes of one checkpoint on disk, without what the source of hidden states adds; weights and two moments. */
export function checkpointBytes({ width: F, hiddenWidth: D }: DictionarySize): number {
  return 4 * (3 * (2 * F * D + F + D) + 2 * F);
}
