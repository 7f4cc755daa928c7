/** What a training run of a language model is told: everything that decides its weights, besides the text. */

export interface FitSettings {
  readonly seed: number;
  readonly stepTotal: number;
  /** Sequences per step. */
  readonly rows: number;
  /** Tokens per sequence. */
  readonly contextLength: number;
  /** Muon for the matrices of the layers (Adam for the rest), or AdamW for all. */
  readonly optimiser: 'muon' | 'adamw';
  readonly peakRate: number;
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** Chosen on runs of three minutes (docs/LOG.md): with so few tokens, small batches and a high rate win. */
export const FIT_DEFAULTS = {
  optimiser: 'muon',
  peakRate: 4e-3,
  weightDecay: 0.1,
  clipNorm: 1,
} as const;
