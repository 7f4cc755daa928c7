/**
 * The record of a LIMe study as it lies in study.record: what the trainer writes, which checked it. Arrays named bySeed run
 * parallel to the seeds of the study; layers count from 0.
 */
export const LIME_FORMAT = 'residua-lime-study-1';

export interface StudyProvenance {
  readonly device: string;
  readonly threads: number;
  readonly models: readonly StudiedModel[];
  readonly corpora: readonly { readonly slug: string; readonly sha256: string }[];
  readonly training: Readonly<Record<string, number | string | boolean>>;
  readonly seconds: number;
  readonly notes: readonly string[];
}

/** A study of LIMe knows all of its models; one of steering their names, and of the model itself how large it is. */
export interface StudiedModel {
  readonly name: string;
  readonly variant?: string;
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly mlpWidth?: number;
  readonly vocabSize?: number;
  readonly contextLength?: number;
  readonly lime?: LimeRecord | null;
  readonly parameterCount: number | null;
  readonly routerParameterCount?: number;
  readonly forwardFlops?: number;
}

export interface LimeRecord {
  readonly routers?: string;
  readonly sources?: 'all' | { readonly last?: number; readonly first?: number };
  readonly uniform?: boolean;
}

export interface PaperFigure {
  readonly name: string;
  readonly unit: string;
  readonly base?: number | null;
  readonly lime?: number | null;
  /** Of a study of steering: one figure, or a finding in words. */
  readonly value?: number | null;
  readonly text?: string;
  readonly source: string;
}

export interface LossPoint {
  readonly step: number;
  readonly tokens: number;
  readonly flops: number;
  readonly lossNats: number;
}

export interface StepTime {
  readonly model: string;
  readonly medianMsByRound: readonly number[];
}

export interface OperandAccuracy {
  readonly operands: number;
  readonly bySeed: readonly number[];
}

export interface ArithmeticResults {
  readonly operands: readonly number[];
  readonly testSamples: number;
  readonly runs: readonly {
    readonly model: string;
    readonly accuracy: readonly OperandAccuracy[];
    readonly chainAccuracy: readonly OperandAccuracy[];
    readonly curveBySeed: readonly (readonly LossPoint[])[];
  }[];
  readonly stepTimes: readonly StepTime[];
}

export interface LossComparison {
  readonly layers: number;
  readonly base: string;
  readonly lime: string;
  readonly lossDifferenceAtEqualFlopsBySeed: readonly number[];
  readonly lossDifferenceAtEqualTokensBySeed: readonly number[];
  readonly flopsSavedBySeed: readonly (number | null)[];
}

export interface LossResults {
  readonly runs: readonly {
    readonly model: string;
    readonly curveBySeed: readonly (readonly LossPoint[])[];
    readonly finalLossBySeed: readonly number[];
  }[];
  readonly comparisons: readonly LossComparison[];
  readonly stepTimes: readonly StepTime[];
}

export interface LayerLine {
  readonly model: string;
  readonly of: string;
  readonly layers: readonly { readonly layer: number; readonly bySeed: readonly number[] }[];
}

export interface CollapseResults {
  readonly entropy: readonly LayerLine[];
  readonly entropySettings: { readonly alpha: number; readonly windows: number; readonly tokens: number };
  readonly separability: readonly LayerLine[];
  readonly separabilitySettings: {
    readonly words: readonly string[];
    readonly occurrencesPerWord: number;
    readonly folds: number;
  };
}

export interface RouterReadout {
  readonly seed: number;
  readonly heatMap: readonly (readonly number[])[];
  readonly perHead: readonly (readonly (readonly number[])[])[];
  readonly selfRetrieval: readonly number[];
  readonly expectedDepth: readonly number[];
  readonly effectiveLayers: readonly number[];
  readonly weights: readonly (readonly (readonly number[])[])[];
}

export interface RoutedModel {
  readonly model: string;
  readonly readouts: readonly RouterReadout[];
  readonly pruning: readonly {
    readonly topP: number;
    readonly prunedBySeed: readonly number[];
    readonly lossBySeed: readonly number[];
  }[];
}

export interface RouterResults {
  readonly models: readonly RoutedModel[];
}

export interface AblationRow {
  readonly model: string;
  readonly variant: string;
  readonly lossBySeed: readonly number[];
  readonly perplexityBySeed: readonly number[];
  readonly paperChangePercent: number | null;
}

export interface AblationResults {
  readonly rows: readonly AblationRow[];
}

/** Every part's members are named beside head and results alike. */
export type StudyJson = {
  readonly provenance: StudyProvenance;
  readonly paper: readonly PaperFigure[];
} & Record<string, unknown>;
