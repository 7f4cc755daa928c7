/**
 * What is trained of a model under steering, as variables: vectors of some layers, their low-rank form, LoRA, all weights.
 * Knows nothing of rewards. 2509.06608 s.2 and its baselines.
 */
import type { Variable } from '@tensorflow/tfjs';
import type { DecoderConfig } from '../lm/config.ts';
import type { Parameters } from '../lm/parameters.ts';
import type { NamedArray } from '../lm/safetensors.ts';
import type { AppliedVectors } from './applied-vectors.ts';
import type { Steering } from './overlay.ts';
import type { AdapterKind, VectorPlace } from './record.ts';

export type AdapterValues = Readonly<Record<string, NamedArray>>;

export interface Adapter extends Steering {
  readonly kind: AdapterKind;
  /** Ascending. */
  readonly layers: readonly number[];
  readonly place: VectorPlace;
  readonly rank: number | null;
  readonly parameterCount: number;
  /** What a step changes, by name; none of a random adapter. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** The layer whose learning rate a variable has; undefined: one rate for all (full, rank). */
  layerOf(variable: string): number | undefined;
  /** Euclidean norms of the vectors, parallel to the layers; of the direction for adaptive; none for lora and full. */
  norms(): Promise<number[]>;
  /** The vectors as numbers; undefined for lora and full, which have none. */
  applied(): Promise<AppliedVectors | undefined>;
  save(): Promise<AdapterValues>;
  restore(values: AdapterValues): void;
  dispose(): void;
}

export interface AdapterInput {
  readonly kind: AdapterKind;
  readonly model: { readonly config: DecoderConfig; readonly parameters: Parameters };
  readonly layers: readonly number[];
  /** Of vectors, rank and random; adaptive, lora and full are where they are. */
  readonly place?: VectorPlace;
  /** Of rank and lora. */
  readonly rank?: number;
  /** Decides first values, where they are drawn. */
  readonly seed: number;
  /** random: the norm of each layer's vector. */
  readonly norms?: readonly number[];
  /** Goes on from these: what save gave. */
  readonly initial?: AdapterValues;
}
