/**
 * Keys and values of the tokens read so far, kept so that the next tokens need only themselves computed: one interface,
 * a composed implementation for every backend (reference/kept-keys.ts) and one that writes in place (native/). Which rows
 * stand where is told with every call. Axes as in layers.ts. Knows no model.
 */
import type { Tensor4D } from '@tensorflow/tfjs';
import type { AttentionSettings } from './layers.ts';
import { composeKeptKeys } from './reference/kept-keys.ts';
import { tf } from './tf.ts';

export interface KeptShape {
  /** Sequences. */
  readonly rows: number;
  /** Longest of them, tokens. */
  readonly capacity: number;
  /** G */
  readonly kvHeads: number;
  /** C */
  readonly headWidth: number;
  /** Of each layer: keys a query sees, its own position included; null: all. No more than these are kept. */
  readonly windows: readonly (number | null)[];
}

/** T new tokens of B sequences, before positions are turned into them. */
export interface NewKeys {
  readonly q_BHTC: Tensor4D;
  readonly k_BGTC: Tensor4D;
  readonly v_BGTC: Tensor4D;
  /** Which of the sequences kept each one of the batch is; all different. */
  readonly rows: readonly number[];
  /** Of their first new tokens: what is kept of each already. */
  readonly positions: readonly number[];
  readonly settings: Omit<AttentionSettings, 'window'>;
  /** As rope() takes them; undefined: nothing is turned. */
  readonly frequencies: readonly number[] | undefined;
}

export interface KeptKeys {
  /** Keeps the new keys and values of a layer; gives what its queries take from all they see, [B, H, T, C]. */
  attend(layer: number, added: NewKeys): Tensor4D;
  /** Goes on with these rows alone, numbered anew; given more than once, a row is continued in several ways. */
  pick(rows: readonly number[], lengths: readonly number[]): void;
  dispose(): void;
}

type OpenKeptKeys = (shape: KeptShape) => KeptKeys;

const openersByBackend = new Map<string, OpenKeptKeys>();

/** Called once by a backend that keeps them better than the composed operations do. */
export function useKeptKeys(backendName: string, open: OpenKeptKeys): void {
  openersByBackend.set(backendName, open);
}

export function openKeptKeys(shape: KeptShape): KeptKeys {
  return (openersByBackend.get(tf.getBackend()) ?? composeKeptKeys)(shape);
}
