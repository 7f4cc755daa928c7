/** What a kind of dictionary is to the fit: how one batch gives loss and gradients, what it remembers, how it reads afterwards. */
import type { KeptActs } from './dead-features.ts';
import type { Selection } from './dictionary.ts';
import type { Pass, PassInput } from './pass.ts';
import type { FitSettings, SparsitySettings } from './settings.ts';

/** What a kind keeps from step to step besides weights. Plain JSON: checkpoints carry it. */
export interface KindState {
  /** BatchTopK's running threshold in scaled units, float64; null before it was first taken. */
  readonly threshold: number | null;
}

export interface FitKindSpec {
  /** What its recipe changes. */
  defaults(settings: FitSettings, sparsityLoss?: SparsitySettings['loss']): Partial<FitSettings>;
  /** Refuses settings it cannot be fitted with. */
  check?(settings: FitSettings): void;
  /** Numbers of columns, or of acts, that the loss averages over at the start: what the encoder is scaled for. */
  budgetsOf(settings: FitSettings): readonly number[];
  /** Whether every feature has a threshold of its own that is trained. */
  readonly trainsThreshold: boolean;
  pass(input: PassInput): Promise<Pass>;
  /** After a step, from the acts it kept. */
  nextState?(state: KindState, settings: FitSettings, step: number, kept: readonly KeptActs[]): KindState;
  /** In scaled units. */
  selectionOf(settings: FitSettings, state: KindState, threshold_F: Float32Array | undefined): Selection;
  /** Whether one threshold for all features is to be set on held-out rows so that k acts are kept on average. */
  readonly isCalibrated: boolean;
}
