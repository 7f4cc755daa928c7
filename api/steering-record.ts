/**
 * Records of steering vectors as they lie in the tables: what the trainer writes, which checked them. Layers and positions
 * count from 0; arrays named bySeed run parallel to the seeds of their study.
 */
export const ANALYSIS_FORMAT = 'residua-steering-analysis-1';
export const STEERING_FORMAT = 'residua-steering-study-1';

export interface TokenValue {
  readonly token: number;
  readonly text: string;
  readonly value: number;
}

/** A share of n trials, or a mean of n values, with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

export interface Quartiles {
  readonly min: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly max: number;
  readonly mean: number;
  readonly n: number;
}

export type AdapterKind = 'vectors' | 'rank' | 'adaptive' | 'lora' | 'full' | 'random';
export type RewardKind = 'exact' | 'random';

export interface TrainingPoint {
  readonly step: number;
  readonly tokens: number;
  readonly reward: number;
  readonly accuracy: number;
  readonly entropyNats: number;
  readonly responseLength: number;
  readonly cutShare: number;
  readonly gradientNorm: number;
  readonly norms: readonly number[];
}

export interface TestScore {
  readonly testSet: string;
  readonly accuracy: Estimate;
  readonly samples: number;
}

export interface SteeringProvenance {
  readonly command: string;
  readonly codeCommit: string;
  readonly backend: string;
  readonly device: string;
  readonly threads: number;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly problems: { readonly slug: string; readonly sha256: string; readonly count: number };
  readonly seconds: number;
  readonly notes: readonly string[];
}

export interface SteeringFigure {
  readonly name: string;
  readonly unit: 'percent' | 'points' | 'ratio' | 'cosine' | 'nats' | 'finding';
  readonly value: number | null;
  readonly text: string;
  readonly source: string;
}

export interface TokenEnds {
  readonly top: readonly TokenValue[];
  readonly bottom: readonly TokenValue[];
}

export interface Lens {
  readonly dot: TokenEnds;
  readonly cosine: TokenEnds;
}

export interface LogitLens {
  readonly layers: readonly (Lens & { readonly layer: number })[];
  readonly finalDifference: Lens;
}

export interface Cosines {
  readonly layers: readonly number[];
  readonly matrix: readonly (readonly number[])[];
}

export interface ShiftAtPosition {
  readonly position: number;
  readonly shift: Quartiles;
  readonly baseEntropyNats: number;
  readonly steeredEntropyNats: number;
  readonly klNats: number;
}

export interface TokenShift {
  readonly samples: number;
  readonly positions: readonly ShiftAtPosition[];
  readonly first: Quartiles;
  readonly rest: Quartiles;
  readonly firstTokens: TokenEnds;
}

export interface ForcedPrefix {
  readonly tokens: readonly number[];
  readonly text: string;
  readonly baseProbability: number;
  readonly steeredProbability: number;
  readonly accuracy: Estimate;
  readonly recovered: number | null;
}

export interface PrefixTest {
  readonly base: Estimate;
  readonly steered: Estimate;
  readonly prefixes: readonly ForcedPrefix[];
}

export interface LayerPersistence {
  readonly layer: number;
  readonly diffDiff: Estimate;
  readonly diffVector: Estimate | null;
  readonly norm: number;
}

export interface Persistence {
  readonly samples: number;
  readonly layers: readonly LayerPersistence[];
}

export interface PatchMode {
  readonly mode: string;
  readonly accuracy: Estimate;
  readonly klNats: Estimate;
  readonly explained: number | null;
}

export interface Patching {
  readonly layer: number;
  readonly problems: number;
  readonly modes: readonly PatchMode[];
}

export type Segment = 'system' | 'role' | 'question' | 'assistant';

export interface SegmentScale {
  readonly segment: Segment;
  readonly scale: Quartiles;
  readonly size: Estimate;
}

export interface ScaledToken {
  readonly token: number;
  readonly text: string;
  readonly segment: Segment;
  readonly scale: number;
}

export interface ScaledText {
  readonly tokens: readonly ScaledToken[];
}

export interface TokenScaling {
  readonly layer: number;
  readonly segments: readonly SegmentScale[];
  readonly samples: readonly ScaledText[];
}

export interface FeatureDifference {
  readonly feature: number;
  readonly correctShare: number;
  readonly incorrectShare: number;
  readonly difference: number;
  readonly pValue: number;
  readonly qValue: number;
  readonly cosine: number | null;
  readonly tokens: readonly TokenValue[];
}

export interface FeaturePart {
  readonly feature: number;
  readonly explained?: number;
  readonly cosine: number;
  readonly tokens: readonly TokenValue[];
}

export interface FeatureSteering {
  readonly feature: number;
  readonly scale: number;
  readonly accuracy: Estimate;
}

export interface FeatureReading {
  readonly dictionary: string;
  readonly hookpoint: string;
  readonly budget: number;
  readonly correct: number;
  readonly incorrect: number;
  readonly tested: number;
  readonly features: readonly FeatureDifference[];
  readonly decomposition: readonly FeaturePart[];
  readonly explainedByChance?: number;
  readonly steering: readonly FeatureSteering[];
}

export interface Generation {
  readonly text: string;
  readonly isCorrect: boolean;
  readonly ended: 'end' | 'stop' | 'length';
}

export interface GeneratedProblem {
  readonly segments: readonly { readonly segment: Segment; readonly text: string }[];
  readonly question: string;
  readonly answer: string;
  readonly testSet: string;
  readonly base: Generation;
  readonly steered: Generation;
}

export interface Generations {
  readonly problems: readonly GeneratedProblem[];
}

/** By the kind in which they are stored. */
export interface AnalysisResults {
  readonly 'logit-lens': LogitLens;
  readonly cosines: Cosines;
  readonly 'token-shift': TokenShift;
  readonly prefix: PrefixTest;
  readonly persistence: Persistence;
  readonly patching: Patching;
  readonly 'token-scaling': TokenScaling;
  readonly features: FeatureReading;
  readonly generations: Generations;
}
export type AnalysisKind = keyof AnalysisResults;

export interface StudyHead {
  readonly part: SteeringPart;
  readonly model: string;
  readonly modelParameterCount: number;
  readonly seeds: readonly number[];
}

export interface AccuracyCondition {
  readonly name: string;
  readonly adapter: AdapterKind;
  readonly reward: RewardKind;
  readonly parameterCount: number;
  readonly rate: number;
  readonly vectors: readonly (string | null)[];
  readonly scoresBySeed: readonly (readonly TestScore[])[];
  readonly curveBySeed: readonly (readonly TrainingPoint[])[];
  readonly stepMs: StepParts;
}

export interface StepParts {
  readonly generate: number;
  readonly learn: number;
  readonly other: number;
}

export interface AccuracyStudy extends StudyHead {
  readonly base: readonly TestScore[];
  readonly conditions: readonly AccuracyCondition[];
}

export interface GainAtLayer {
  readonly layer: number;
  readonly rate: number;
  readonly vectors: readonly (string | null)[];
  readonly bySeed: readonly Estimate[];
}

export interface GainCurve extends StudyHead {
  readonly testSet: string;
  readonly base: Estimate;
  readonly allLayers: readonly Estimate[];
  readonly layers: readonly GainAtLayer[];
}

export interface VectorPair {
  readonly first: number;
  readonly second: number;
  readonly accuracy: Estimate;
  readonly gain: number | null;
}

export interface SingleLayer {
  readonly layer: number;
  readonly accuracy: Estimate;
}

export interface PairStudy extends StudyHead {
  readonly testSet: string;
  readonly base: Estimate;
  readonly allLayers: Estimate;
  readonly singles: readonly SingleLayer[];
  readonly pairs: readonly VectorPair[];
}

export interface TransferModel {
  readonly model: string;
  readonly description: string;
  readonly base: Estimate;
}

export interface TransferCell {
  readonly donor: string;
  readonly recipient: string;
  readonly accuracy: Estimate;
  readonly normalised: number | null;
}

export interface TransferStudy extends StudyHead {
  readonly testSet: string;
  readonly models: readonly TransferModel[];
  readonly cells: readonly TransferCell[];
}

export interface SteeringStudies {
  readonly accuracy: AccuracyStudy;
  readonly 'gain-curve': GainCurve;
  readonly pairs: PairStudy;
  readonly transfer: TransferStudy;
}
export type SteeringPart = keyof SteeringStudies;
