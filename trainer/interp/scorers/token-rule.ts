/**
 * How well a label's rule tells where its feature acts, on windows the rule was not found on: balanced accuracy over
 * tokens, ½(TPR + TNR). Positives: tokens where the feature acts in its three strongest intervals (above two fifths of
 * its max); the detail has the rate of every interval. Negatives: seeded uniform tokens where it does not act at all.
 */
import { createRng } from '../../compute/rng.ts';
import type { FeatureActs } from '../act-table.ts';
import { type Condition, holds } from '../explainers/rule.ts';
import type { TextFacts } from '../explainers/text-facts.ts';
import { INTERVALS, maxOf, partOf } from '../feature-stats.ts';
import type { ScoreRecord } from '../records.ts';
import { countedTokens, spread } from '../windows.ts';

export const TOKEN_RULE = { scorer: 'token-rule', version: '1' } as const;

/** Every fourth window is kept from the explainer. */
const HELD_OUT_EVERY = 4;
/** Tokens judged of each kind, the positives shared among the intervals: a standard error under 0.03. */
const MAX_JUDGED = 500;
/** A label speaks of this interval and those above it. */
const FIRST_STRONG = 2;
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
    const { judged, hits } = judgePositives(featureActs, conditions, T, given.k);
    const positiveCount = sum(judged.slice(FIRST_STRONG));
    if (positiveCount < MIN_POSITIVES) {
      return {
        ...TOKEN_RULE,
        status: 'not_enough_examples',
        value: null,
        exampleCount: positiveCount,
        detail: {},
      };
    }
    const seed = (given.seed + featureActs.feature) >>> 0;
    const { rejected, negativeCount } = judgeNegatives(featureActs, conditions, heldOut, given.k, seed);
    const tpr = sum(hits.slice(FIRST_STRONG)) / positiveCount;
    const tnr = negativeCount > 0 ? rejected / negativeCount : 1;
    const tprPerInterval = hits.map((hit, interval) => (judged[interval] > 0 ? hit / judged[interval] : 0));
    return {
      ...TOKEN_RULE,
      status: 'ok',
      value: (tpr + tnr) / 2,
      exampleCount: positiveCount + negativeCount,
      detail: { tpr, tnr, positiveCount, negativeCount, tprPerInterval, judgedPerInterval: judged },
    };
  };
}

/** An even sample of the held-out acts of every interval, weakest first: how many were judged, on how many the rule holds. */
function judgePositives(
  { acts, entries }: FeatureActs,
  conditions: readonly Condition[],
  T: number,
  k: number,
): { judged: number[]; hits: number[] } {
  const max = maxOf(acts);
  const tokens = Array.from({ length: INTERVALS }, (): number[] => []);
  for (let i = 0; i < acts.length; i++) {
    const token = Math.floor(entries[i] / k);
    if (isHeldOut(Math.floor(token / T))) tokens[partOf(acts[i], max, INTERVALS)].push(token);
  }
  const samples = tokens.map((all) => spread(all.length, MAX_JUDGED / INTERVALS).map((i) => all[i]));
  return {
    judged: samples.map((sample) => sample.length),
    hits: samples.map((sample) => sample.filter((token) => holds(conditions, token)).length),
  };
}

function judgeNegatives(
  { entries }: FeatureActs,
  conditions: readonly Condition[],
  heldOut: Uint32Array,
  k: number,
  seed: number,
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
