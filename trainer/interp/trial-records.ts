/**
 * The numbers of an experiment as plain records: a trial is one dictionary made in one way at one seed, an evaluation is a
 * trial on one corpus. A passage is a window of text as a base and its boost see it. The store writes them.
 */
import type { DictionaryKind } from '../sae/kinds.ts';

/** Formulas: docs/methods/metrics.md. */
export interface EvaluationRecord {
  /** Slug. */
  readonly corpus: string;
  /** Acts kept per token of the dictionary measured; the base's for what adapts it. */
  readonly budget: number;
  /** EV; FVU is 1 - EV. */
  readonly explainedVariance: number;
  /** Nats per token. */
  readonly ceOriginal: number;
  readonly ceSpliced: number;
  readonly ceZero: number;
  readonly ceRecovered: number | null;
  readonly deltaCe: number;
  readonly klNats: number;
  /** Mean acts per token, base and residual together. */
  readonly l0: number;
  /** Of the residual alone; null where there is none. */
  readonly residualL0: number | null;
  /** Share of its own features silent on this corpus. */
  readonly deadFraction: number;
  readonly tokenCount: number;
  readonly ceTokenCount: number;
}

export interface TrialRecord {
  /** Natural key: experiment/base or model/domain or -/method/k<k>/t<tokens>/s<seed>. */
  readonly slug: string;
  readonly experiment: string;
  readonly method: string;
  readonly kind: DictionaryKind;
  /** Slug. */
  readonly model: string;
  readonly hookpoint: string;
  /** Slug of the dictionary it starts from or adds to. */
  readonly base: string | null;
  /** Slug of the published dictionary it is; null where only its numbers were kept. */
  readonly dictionary: string | null;
  readonly domain: string | null;
  readonly seed: number;
  /** Features of its own, those of the base not counted. */
  readonly width: number;
  readonly k: number;
  readonly trainTokenCount: number;
  /** Of its weights. */
  readonly weightsSha256: string;
  /**
   * The largest cosine of each of its own decoder rows with a row of the base, as counts in 40 equal bins from
   * -1 to 1; empty without a base.
   */
  readonly baseCosines: readonly number[];
  /** The whole flat config. */
  readonly config: unknown;
  readonly evaluations: readonly EvaluationRecord[];
}

export type TrialKey = Pick<
  TrialRecord,
  'experiment' | 'method' | 'base' | 'model' | 'domain' | 'k' | 'trainTokenCount' | 'seed'
>;

export function trialSlug(key: TrialKey): string {
  const { experiment, base, model, domain, method, k, trainTokenCount, seed } = key;
  return [experiment, base ?? model, domain ?? '-', method, `k${k}`, `t${trainTokenCount}`, `s${seed}`].join(
    '/',
  );
}

/** Arrays run over the window's T tokens. */
export interface PassageRecord {
  /** Slug. */
  readonly corpus: string;
  /** Position of the window in its corpus; with `tokens` it names the window. */
  readonly start: number;
  readonly tokens: readonly number[];
  /** 0: the greatest share of the error taken away. */
  readonly rank: number;
  /** T x width, strongest first; act 0 is padding. */
  readonly base: PassageActs;
  readonly boost: PassageActs;
  /** |x - x̂|² over the mean |x - mean x|² of the corpus. */
  readonly baseErrors: readonly number[];
  readonly boostedErrors: readonly number[];
  /** Cross-entropy of the next token, nats: the model untouched, the base spliced in, base and boost spliced in; 0 for the last. */
  readonly ceOriginal: readonly number[];
  readonly ceBase: readonly number[];
  readonly ceBoosted: readonly number[];
}

export interface PassageActs {
  readonly width: number;
  readonly indices: readonly number[];
  readonly acts: readonly number[];
}
