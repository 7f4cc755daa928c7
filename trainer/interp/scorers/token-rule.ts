/**
 * How well a label's rule tells where its feature acts, on windows the rule was not found on: balanced accuracy over
 * tokens, ½(TPR + TNR). Positives: tokens where the feature acts above its weakest interval (a fifth of its max).
 * Negatives: seeded uniform tokens where it does not act at all.
 */
import { createRng } from '../../compute/rng.ts';
import type { FeatureActs } from '../act-table.ts';
import { type Condition, holds } from '../explainers/rule.ts';
import type { TextFacts } from '../explainers/text-facts.ts';
import { INTERVALS, edgeOf, maxOf, partOf } from '../feature-stats.ts';
import type { ScoreRecord } from '../records.ts';
import { countedTokens } from '../windows.ts';

export const TOKEN_RULE = { scorer: 'token-rule', version: '1' } as const;

/** Every fourth window is kept from the explainer. */
const HELD_OUT_EVERY = 4;
/** Tokens judged of each kind: a standard error under 0.03. */
const MAX_JUDGED = 300;
/** Fewer positives than this say nothing. */
const MIN_POSITIVES = 10;

export function isHeldOut(window: number): boolean {
  return window % HELD_OUT_EVERY === HELD_OUT_EVERY - 1;
}

export type RuleScore = Pick<
  ScoreRecord,
  'scorer' | 'version' | 'status' | 'value' | 'exampleCount' | 'detail'
>;

export function createRuleScorer(
  facts: TextFacts,
  given: { k: number; seed: number },
): (acts: FeatureActs, conditions: readonly Condition[]) => RuleScore {
  const heldOut = heldOutTokens(facts);
  const T = facts.windows.windowLength;

  return (featureActs, conditions): RuleScore => {
    const { feature, acts, entries } = featureActs;
    const tokenOf = (i: number) => Math.floor(entries[i] / given.k);
    const max = maxOf(acts);
    const positives: number[] = [];
    for (let i = 0; i < acts.length; i++) {
      if (acts[i] > edgeOf(1, max, INTERVALS) && isHeldOut(Math.floor(tokenOf(i) / T))) positives.push(i);
    }
    if (positives.length < MIN_POSITIVES) {
      return {
        ...TOKEN_RULE,
        status: 'not_enough_examples',
        value: null,
        exampleCount: positives.length,
        detail: {},
      };
    }
    const hits = new Array<number>(INTERVALS).fill(0);
    const judged = new Array<number>(INTERVALS).fill(0);
    const step = Math.max(1, positives.length / MAX_JUDGED);
    for (let at = 0; at < positives.length; at += step) {
      const i = positives[Math.floor(at)];
      const interval = partOf(acts[i], max, INTERVALS);
      judged[interval] += 1;
      if (holds(conditions, tokenOf(i))) hits[interval] += 1;
    }
    const positiveCount = sum(judged);
    const { rejected, negativeCount } = judgeNegatives(featureActs, conditions, heldOut, {
      k: given.k,
      seed: (given.seed + feature) >>> 0,
    });
    const tpr = sum(hits) / positiveCount;
    const tnr = negativeCount > 0 ? rejected / negativeCount : 1;
    const tprPerInterval = hits.map((hit, interval) => (judged[interval] > 0 ? hit / judged[interval] : 0));
    return {
      ...TOKEN_RULE,
      status: 'ok',
      value: (tpr + tnr) / 2,
      exampleCount: positiveCount + negativeCount,
      detail: { tpr, tnr, positiveCount, negativeCount, tprPerInterval, positivesPerInterval: judged },
    };
  };
}

function judgeNegatives(
  { entries }: FeatureActs,
  conditions: readonly Condition[],
  heldOut: Uint32Array,
  { k, seed }: { k: number; seed: number },
): { rejected: number; negativeCount: number } {
  const rng = createRng(seed);
  let rejected = 0;
  let negativeCount = 0;
  for (let draw = 0; draw < MAX_JUDGED; draw++) {
    const token = heldOut[rng.int(heldOut.length)];
    if (actsOn(entries, token * k, (token + 1) * k)) continue;
    negativeCount += 1;
    if (!holds(conditions, token)) rejected += 1;
  }
  return { rejected, negativeCount };
}

/** Is there an entry in from..to-1? Entries ascend. */
function actsOn(entries: Uint32Array, from: number, to: number): boolean {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low < entries.length && entries[low] < to;
}

function heldOutTokens(facts: TextFacts): Uint32Array {
  const { windowLength: T, windowCount: W } = facts.windows;
  const all = countedTokens(facts.windows, 0, W * T);
  return Uint32Array.from(all.filter((n) => isHeldOut(Math.floor(n / T))));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
