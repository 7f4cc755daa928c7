/**
 * What reading a dictionary out yields: plain records, ready for the database, free of tensors and of ids.
 * The store writes them; `feature` is always the 0-based row of the dictionary.
 */
export interface LevelRecord {
  readonly budget: number;
  readonly explainedVariance: number;
  readonly ceOriginal: number;
  readonly ceSpliced: number;
  readonly ceZero: number;
  readonly ceRecovered: number | null;
  readonly deltaCe: number;
  readonly klNats: number;
  readonly l0: number;
  readonly deadFraction: number;
  /** Tokens behind explainedVariance, l0 and deadFraction: the whole evaluation set. */
  readonly tokenCount: number;
  /** Tokens behind the cross-entropies and the KL: predicted tokens of an evenly spaced part of it. */
  readonly ceTokenCount: number;
}

export interface FeatureRecord {
  readonly feature: number;
  readonly density: number;
  readonly maxAct: number;
  readonly encoderNorm: number;
  readonly encoderBias: number;
  readonly encoderDecoderCosine: number;
}

export interface FeatureLevelRecord {
  readonly feature: number;
  readonly budget: number;
  readonly fireCount: number;
  readonly tokenCount: number;
  readonly density: number;
  readonly maxAct: number;
  readonly meanAct: number;
  readonly histogram: readonly number[];
}

export interface FeatureCorpusRecord {
  readonly feature: number;
  readonly budget: number;
  readonly corpus: string;
  readonly fireCount: number;
  readonly tokenCount: number;
}

export interface FeatureLogitRecord {
  readonly feature: number;
  readonly side: 'top' | 'bottom';
  readonly rank: number;
  readonly token: number;
  readonly value: number;
}

export interface FeatureNeighbourRecord {
  readonly feature: number;
  readonly rank: number;
  readonly neighbour: number;
  readonly cosine: number;
}

export interface FeatureIntervalRecord {
  readonly feature: number;
  readonly budget: number;
  /** 0 is the weakest. */
  readonly interval: number;
  readonly lowerAct: number;
  readonly upperAct: number;
  readonly fireCount: number;
}

/** A run of tokens of a corpus; (corpus, start) names it. */
export interface WindowRecord {
  readonly corpus: string;
  readonly start: number;
  readonly tokens: readonly number[];
}

export interface ExampleRecord {
  readonly feature: number;
  readonly corpus: string;
  /** Start of its window. */
  readonly start: number;
  readonly interval: number;
  readonly isTop: boolean;
  readonly maxAct: number;
  readonly maxPosition: number;
  readonly minRank: number;
  readonly positions: readonly number[];
  readonly acts: readonly number[];
  readonly ranks: readonly number[];
}

export interface LabelRecord {
  readonly feature: number;
  readonly explainer: string;
  readonly version: string;
  readonly model: string;
  readonly promptSha256: string;
  readonly text: string;
}

/** How well a label predicts its feature; the first four fields after `feature` name the label. */
export interface ScoreRecord {
  readonly feature: number;
  readonly explainer: string;
  readonly labelVersion: string;
  readonly model: string;
  readonly promptSha256: string;
  readonly scorer: string;
  readonly version: string;
  readonly status: 'ok' | 'failed' | 'skipped' | 'not_enough_examples';
  /** 0..1, null unless ok. */
  readonly value: number | null;
  /** Tokens judged. */
  readonly exampleCount: number;
  readonly detail: Readonly<Record<string, number | readonly number[]>>;
}

/** What was looked at, for the provenance. */
export interface ReadoutSummary {
  readonly windowLength: number;
  readonly windowCount: number;
  /** Tokens counted, the first skipFirst of every window left out. */
  readonly tokenCount: number;
  readonly ceTokenCount: number;
  readonly skipFirst: number;
  readonly seed: number;
  readonly corpora: readonly { readonly slug: string; readonly tokenCount: number }[];
}

/** A dictionary read out in full: everything a publication writes. */
export interface Readout {
  readonly levels: readonly LevelRecord[];
  readonly features: readonly FeatureRecord[];
  readonly featureLevels: readonly FeatureLevelRecord[];
  readonly featureCorpora: readonly FeatureCorpusRecord[];
  readonly logits: readonly FeatureLogitRecord[];
  readonly neighbours: readonly FeatureNeighbourRecord[];
  readonly intervals: readonly FeatureIntervalRecord[];
  readonly windows: readonly WindowRecord[];
  readonly examples: readonly ExampleRecord[];
  readonly labels: readonly LabelRecord[];
  readonly scores: readonly ScoreRecord[];
  readonly summary: ReadoutSummary;
}
