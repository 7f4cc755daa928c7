/**
 * What is kept of trained steering vectors: the sets themselves, what was found out about one set (analyses), and what many
 * sets together show (studies). Plain JSON. Layers and positions count from 0; positions count generated tokens. Shares and
 * probabilities are in 0..1, entropies and divergences in nats. Arrays named bySeed run parallel to the record's seeds.
 */

/** A token on the page: its id and its text. */
export interface TokenValue {
  readonly token: number;
  readonly text: string;
  readonly value: number;
}

/** A share of n trials with its 95 % Wilson interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** A mean over n values with its 95 % bootstrap interval. */
export interface Mean {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** Of a box plot. */
export interface Quartiles {
  readonly min: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly max: number;
  readonly mean: number;
  readonly n: number;
}

/**
 * How the model is changed. vectors: one per layer, added at every position. rank: those vectors as a product A B of rank r.
 * adaptive: a fixed direction, scaled by a linear read-out of each token (rank-1 LoRA on the MLP's output projection).
 * lora: LoRA on the MLP's output projection of the layers. full: every weight. random: vectors of given norms, not trained.
 */
export const ADAPTERS = ['vectors', 'rank', 'adaptive', 'lora', 'full', 'random'] as const;
export type AdapterKind = (typeof ADAPTERS)[number];

/** exact: 1 where the boxed answer is right. random: 0 or 1 by a coin, whatever was written. */
export const REWARDS = ['exact', 'random'] as const;
export type RewardKind = (typeof REWARDS)[number];

/** Where a vector is added: what the MLP writes (equal to the residual stream behind it), what attention writes, the stream. */
export const PLACES = ['mlp.out', 'attention.out', 'residual.pre', 'residual.post'] as const;
export type VectorPlace = (typeof PLACES)[number];

export interface VectorLayer {
  readonly layer: number;
  /** Euclidean, of the vector; for adaptive of the direction. */
  readonly norm: number;
  /** Mean norm of the residual stream behind this layer on base generations: what the norm is to be measured by. */
  readonly hiddenNorm: number;
  /** D of them. */
  readonly values: readonly number[];
  /** adaptive alone: the read-out A of the MLP's inner acts, M values. */
  readonly readOut?: readonly number[];
}

export interface TrainingPoint {
  readonly step: number;
  /** Generated until here. */
  readonly tokens: number;
  readonly reward: number;
  /** Share of right answers, whatever the reward. */
  readonly accuracy: number;
  /** Mean over generated tokens. */
  readonly entropyNats: number;
  /** Mean, tokens. */
  readonly responseLength: number;
  /** Share of responses that never wrote a stop token. */
  readonly cutShare: number;
  readonly gradientNorm: number;
  /** Parallel to the layers trained; none for lora and full. */
  readonly norms: readonly number[];
}

export interface TestScore {
  /** Name of a held-out set: easy, medium, hard, all. */
  readonly testSet: string;
  readonly accuracy: Share;
  /** Responses per problem, sampled at temperature 1. */
  readonly samples: number;
}

/** One trained set of vectors: what is stored, listed and browsed. */
export interface VectorRecord {
  readonly format: 'residua-steering-vector-1';
  /** residua-reasoner/all-seed-1, residua-reasoner/layer-3-seed-1 */
  readonly slug: string;
  readonly name: string;
  readonly model: string;
  readonly modelSha256: string;
  readonly adapter: Exclude<AdapterKind, 'lora' | 'full'>;
  readonly reward: RewardKind;
  readonly place: VectorPlace;
  readonly rank: number | null;
  readonly seed: number;
  readonly parameterCount: number;
  /** Ascending. */
  readonly layers: readonly VectorLayer[];
  /** Of the untouched model, same problems and seeds. */
  readonly base: readonly TestScore[];
  readonly scores: readonly TestScore[];
  readonly curve: readonly TrainingPoint[];
  readonly provenance: SteeringProvenance;
}

export interface SteeringProvenance {
  readonly command: string;
  readonly codeCommit: string;
  readonly backend: string;
  readonly device: string;
  readonly threads: number;
  /** Flat: prompts per step, generations per prompt, steps, rate, warm-up, clip, temperature, most tokens, ... */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly problems: { readonly slug: string; readonly sha256: string; readonly count: number };
  readonly seconds: number;
  /** Where it differs from the paper's set-up, a sentence each. */
  readonly notes: readonly string[];
}

export const ANALYSES = [
  'logit-lens',
  'cosines',
  'token-shift',
  'prefix',
  'persistence',
  'patching',
  'token-scaling',
  'features',
  'generations',
] as const;
export type AnalysisKind = (typeof ANALYSES)[number];

interface AnalysisHead<Kind extends AnalysisKind> {
  readonly format: 'residua-steering-analysis-1';
  readonly kind: Kind;
  /** Slug of the set. */
  readonly vector: string;
  readonly provenance: SteeringProvenance;
  readonly paper: readonly SteeringFigure[];
}

/** The paper's number or finding beside ours. */
export interface SteeringFigure {
  readonly name: string;
  readonly unit: 'percent' | 'points' | 'ratio' | 'cosine' | 'nats' | 'finding';
  readonly value: number | null;
  /** In words, for a finding. */
  readonly text: string;
  /** Section, table or figure. */
  readonly source: string;
}

export type Analysis =
  | LogitLens
  | Cosines
  | TokenShift
  | PrefixTest
  | Persistence
  | Patching
  | TokenScaling
  | FeatureReading
  | Generations;

export interface TokenEnds {
  readonly top: readonly TokenValue[];
  readonly bottom: readonly TokenValue[];
}

/** Vectors against the unembedding's rows (the final norm's gain folded in), by dot product and by cosine. */
export interface LogitLens extends AnalysisHead<'logit-lens'> {
  readonly layers: readonly { readonly layer: number; readonly dot: TokenEnds; readonly cosine: TokenEnds }[];
  /** Mean over generated tokens of the last layer's steered less unsteered state. */
  readonly finalDifference: { readonly dot: TokenEnds; readonly cosine: TokenEnds };
}

/** [i][j]: cosine of the vectors of layers[i] and layers[j]. */
export interface Cosines extends AnalysisHead<'cosines'> {
  readonly layers: readonly number[];
  readonly matrix: readonly (readonly number[])[];
}

/** Steered less base probability of the tokens that the steered model wrote, both models reading the same text. */
export interface TokenShift extends AnalysisHead<'token-shift'> {
  readonly samples: number;
  readonly positions: readonly {
    readonly position: number;
    readonly shift: Quartiles;
    readonly baseEntropyNats: number;
    readonly steeredEntropyNats: number;
    /** KL(steered || base). */
    readonly klNats: number;
  }[];
  readonly first: Quartiles;
  readonly rest: Quartiles;
  /** Change of probability at the first generated position, mean over prompts. */
  readonly firstTokens: TokenEnds;
}

/** How much of the vector's gain the base has when its answer is made to begin with a token that the vector favours. */
export interface PrefixTest extends AnalysisHead<'prefix'> {
  readonly base: Share;
  readonly steered: Share;
  readonly prefixes: readonly {
    readonly tokens: readonly number[];
    readonly text: string;
    /** Mean probability as the first token: base, steered. */
    readonly baseProbability: number;
    readonly steeredProbability: number;
    readonly accuracy: Share;
    /** (accuracy - base) / (steered - base); null where the vector gains nothing. */
    readonly recovered: number | null;
  }[];
}

/** diff_l(t) = steered less base hidden state behind layer l, same text. */
export interface Persistence extends AnalysisHead<'persistence'> {
  readonly samples: number;
  readonly layers: readonly {
    readonly layer: number;
    /** Mean cosine of diff_l(t) with its mean over t. */
    readonly diffDiff: Mean;
    /** Mean cosine of diff_l(t) with the vector added last before: at this layer or the nearest trained one below. */
    readonly diffVector: Mean | null;
    /** Mean norm of diff_l(t). */
    readonly norm: number;
  }[];
}

/**
 * The vector of the layer before the last, let through the last layer by parts. base, steered, skip-attention (the last
 * layer's queries, keys and values are computed from the unsteered stream), skip-layer (added behind the last layer), q, k, v (only that projection sees it), not-q, not-k, not-v
 * (all but that one do), head-N, not-head-N.
 */
export interface Patching extends AnalysisHead<'patching'> {
  readonly layer: number;
  readonly problems: number;
  readonly modes: readonly {
    readonly mode: string;
    readonly accuracy: Share;
    /** KL(steered || mode), nats per generated token of steered text, float64. */
    readonly klNats: Mean;
    /** 1 - KL / KL of base. */
    readonly explained: number | null;
  }[];
}

export const SEGMENTS = ['system', 'role', 'question', 'assistant'] as const;
export type Segment = (typeof SEGMENTS)[number];

/** (A h_t) |B| over the mean hidden norm, token by token. */
export interface TokenScaling extends AnalysisHead<'token-scaling'> {
  readonly layer: number;
  readonly segments: readonly { readonly segment: Segment; readonly scale: Quartiles; readonly size: Mean }[];
  readonly samples: readonly {
    readonly tokens: readonly {
      readonly token: number;
      readonly text: string;
      readonly segment: Segment;
      readonly scale: number;
    }[];
  }[];
}

export interface FeatureReading extends AnalysisHead<'features'> {
  /** Slug of the dictionary when it is published, so that features have pages. */
  readonly dictionary: string;
  readonly hookpoint: string;
  readonly budget: number;
  /** Generations with right and with wrong answers. */
  readonly correct: number;
  readonly incorrect: number;
  /** Fisher's exact test, two-sided; q by Benjamini and Hochberg over all features that ever fire. */
  readonly tested: number;
  readonly features: readonly {
    readonly feature: number;
    /** Share of generations where it fires. */
    readonly correctShare: number;
    readonly incorrectShare: number;
    readonly difference: number;
    readonly pValue: number;
    readonly qValue: number;
    /** Of its decoder row with the vector of the hookpoint's layer. */
    readonly cosine: number | null;
    readonly tokens: readonly TokenValue[];
  }[];
  /** The vector of the hookpoint's layer in the dictionary's own terms: rows of the largest cosines, either sign. */
  readonly decomposition: readonly {
    readonly feature: number;
    readonly cosine: number;
    /** Share of the vector's squared norm in the span of this row and those before it. Older records have none. */
    readonly explained?: number;
    readonly tokens: readonly TokenValue[];
  }[];
  /** What as many rows, chosen alike, explain of a random direction, on average. */
  readonly explainedByChance?: number;
  /** The dictionary's features instead of the vector, at the vector's norm times scale. */
  readonly steering: readonly {
    readonly feature: number;
    readonly scale: number;
    readonly accuracy: Share;
  }[];
}

export interface Generation {
  readonly text: string;
  readonly isCorrect: boolean;
  readonly ended: 'end' | 'stop' | 'length';
}

export interface Generations extends AnalysisHead<'generations'> {
  readonly problems: readonly {
    readonly segments: readonly { readonly segment: Segment; readonly text: string }[];
    readonly question: string;
    readonly answer: string;
    readonly testSet: string;
    readonly base: Generation;
    readonly steered: Generation;
  }[];
}

export const STUDY_PARTS = ['accuracy', 'gain-curve', 'pairs', 'transfer'] as const;
export type SteeringPart = (typeof STUDY_PARTS)[number];

export const STUDY_FORMAT = 'residua-steering-study-1';

interface StudyHead<Part extends SteeringPart> {
  readonly format: typeof STUDY_FORMAT;
  readonly part: Part;
  readonly model: string;
  readonly modelParameterCount: number;
  readonly seeds: readonly number[];
  readonly provenance: SteeringProvenance;
  readonly paper: readonly SteeringFigure[];
}

export type SteeringStudy = AccuracyStudy | GainCurve | PairStudy | TransferStudy;

export interface AccuracyStudy extends StudyHead<'accuracy'> {
  readonly base: readonly TestScore[];
  readonly conditions: readonly {
    /** all-layers, full, lora, random-reward, random-vector, rank-1, adaptive, ... */
    readonly name: string;
    readonly adapter: AdapterKind;
    readonly reward: RewardKind;
    readonly parameterCount: number;
    /** Of the layer with the greatest. */
    readonly rate: number;
    /** Slugs of stored vectors by seed; null where none is stored. */
    readonly vectors: readonly (string | null)[];
    readonly scoresBySeed: readonly (readonly TestScore[])[];
    readonly curveBySeed: readonly (readonly TrainingPoint[])[];
    /** Milliseconds of a step: generation, reading logits and gradients, update. */
    readonly stepMs: { readonly generate: number; readonly learn: number; readonly other: number };
  }[];
}

export interface GainCurve extends StudyHead<'gain-curve'> {
  readonly testSet: string;
  readonly base: Share;
  readonly allLayers: readonly Share[];
  readonly layers: readonly {
    readonly layer: number;
    readonly rate: number;
    readonly vectors: readonly (string | null)[];
    readonly bySeed: readonly Share[];
  }[];
}

/** Two vectors trained apart, added together: (pair - best single) / (all-layer - best single). */
export interface PairStudy extends StudyHead<'pairs'> {
  readonly testSet: string;
  readonly base: Share;
  readonly allLayers: Share;
  readonly singles: readonly { readonly layer: number; readonly accuracy: Share }[];
  readonly pairs: readonly {
    readonly first: number;
    readonly second: number;
    readonly accuracy: Share;
    readonly gain: number | null;
  }[];
}

/** A vector trained on one model, put into another of the family: (accuracy - base) / (own vector's accuracy - base). */
export interface TransferStudy extends StudyHead<'transfer'> {
  readonly testSet: string;
  readonly models: readonly { readonly model: string; readonly description: string; readonly base: Share }[];
  readonly cells: readonly {
    readonly donor: string;
    readonly recipient: string;
    readonly accuracy: Share;
    readonly normalised: number | null;
  }[];
}
