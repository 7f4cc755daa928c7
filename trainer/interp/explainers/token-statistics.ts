/**
 * The offline explainer: words for a feature from statistics of the tokens it acts on, over the whole pass and not only
 * the examples. Uses no language model. Every fourth window is kept aside, and scores the label.
 */
import type { FeatureActs } from '../act-table.ts';
import { maxOf } from '../feature-stats.ts';
import type { LabelRecord, ScoreRecord } from '../records.ts';
import { createRuleScorer, isHeldOut } from '../scorers/token-rule.ts';
import { pickTop } from '../top-indices.ts';
import { type Evidence, createRuleFinder } from './find-rule.ts';
import type { TextFacts } from './text-facts.ts';
import { describeRule } from './wording.ts';

export const TOKEN_STATISTICS = {
  explainer: 'token-statistics',
  version: '1',
  model: '',
  promptSha256: '',
} as const;

/** A label speaks of acts above this share of the feature's max: the weak ones are mostly interference. */
const STRONG = 0.5;
/** Where fewer are that strong, this many of the strongest. */
const MIN_EVIDENCE = 40;
/** More than this many add time, not certainty. */
const MAX_EVIDENCE = 4_000;

export interface Explained {
  readonly label: LabelRecord;
  readonly score: ScoreRecord;
}

/** Null for a feature that never acts: there is nothing to say of it. */
export function createTokenStatistics(
  facts: TextFacts,
  given: { k: number; seed: number },
): (acts: FeatureActs) => Explained | null {
  const findRule = createRuleFinder(facts);
  const scoreRule = createRuleScorer(facts, given);

  return (featureActs) => {
    const evidence = pickEvidence(featureActs, facts, given.k);
    if (evidence.token_N.length === 0) return null;
    const rule = findRule(evidence);
    const { feature } = featureActs;
    const { explainer, version, model, promptSha256 } = TOKEN_STATISTICS;
    return {
      label: { feature, ...TOKEN_STATISTICS, text: describeRule(rule) },
      score: {
        feature,
        explainer,
        labelVersion: version,
        model,
        promptSha256,
        ...scoreRule(featureActs, rule.conditions),
      },
    };
  };
}

/** The strong acts outside the held-out windows; all windows where a feature acts in held-out ones alone. */
function pickEvidence({ acts, entries }: FeatureActs, facts: TextFacts, k: number): Evidence {
  const T = facts.windows.windowLength;
  const known: number[] = [];
  for (let i = 0; i < acts.length; i++) if (!isHeldOut(Math.floor(entries[i] / k / T))) known.push(i);
  const usable = known.length > 0 ? Uint32Array.from(known) : Uint32Array.from(acts.keys());
  const usableActs = Float32Array.from(usable, (i) => acts[i]);
  const weakest = pickTop(usableActs, 0, usableActs.length, MIN_EVIDENCE).at(-1);
  if (weakest === undefined) return { token_N: new Int32Array(0), act_N: new Float32Array(0) };
  const threshold = Math.min(STRONG * maxOf(usableActs), usableActs[weakest]);
  const strong = usable.filter((i) => acts[i] >= threshold);
  const step = Math.max(1, strong.length / MAX_EVIDENCE);
  const picked = Uint32Array.from(
    { length: Math.ceil(strong.length / step) },
    (_, i) => strong[Math.floor(i * step)],
  );
  return {
    token_N: Int32Array.from(picked, (i) => Math.floor(entries[i] / k)),
    act_N: Float32Array.from(picked, (i) => acts[i]),
  };
}
