/**
 * Finds the rule that tells most about a feature: the best conditions of every family, alone and in pairs of a
 * token-side and a context-side one, then the corpus where it adds something.
 */
import {
  type Condition,
  type Rule,
  baseOf,
  complexityBits,
  countOf,
  holds,
  informationBits,
} from './rule.ts';
import { FAMILIES, type Family, type FamilyName, TOKEN_SIDE } from './family.ts';
import type { TextFacts } from './text-facts.ts';

/** Where a feature acts, and how strongly. */
export interface Evidence {
  readonly token_N: Int32Array;
  readonly act_N: Float32Array;
}

/** Values a condition may list, where a list reads well. */
const LISTS: Partial<Record<FamilyName, number>> = {
  token: 4,
  core: 4,
  soFar: 4,
  word: 4,
  previous: 3,
  next: 3,
};

/** A value is listed only if it carries this share of the feature's strength. */
const LISTED_SHARE = 0.05;

/** Conditions of each side that are tried in pairs. */
const PAIRED = 4;

/** Pseudo-acts of a chance token added to every coverage: a rule seen on two acts is worth little. */
const PRIOR_ACTS = 2;

/** A corpus is named when nearly all acts lie in it and chance would put clearly fewer there. */
const CORPUS_COVERAGE = 0.9;
const CORPUS_CHANCE = 0.75;

export function createRuleFinder(facts: TextFacts): (evidence: Evidence) => Rule {
  const tallies = FAMILIES.map((name) => createTally(facts.families[name]));

  return (evidence) => {
    const mass = evidence.act_N.reduce((sum, act) => sum + act, 0);
    const prior = (PRIOR_ACTS * mass) / Math.max(1, evidence.act_N.length);
    const rate = (conditions: readonly Condition[], covered: number): Rule => {
      const base = baseOf(conditions, facts.tokenCount);
      const coverage = covered / mass;
      const shrunk = (covered + prior * base) / (mass + prior);
      return { conditions, coverage, base, bits: informationBits(shrunk, base) - complexityBits(conditions) };
    };
    const rateByWalking = (conditions: readonly Condition[]) =>
      rate(conditions, coveredBy(conditions, evidence));

    const singles = tallies.flatMap((tally) =>
      tally(evidence, mass).map(({ condition, covered }) => rate([condition], covered)),
    );
    singles.sort((a, b) => b.bits - a.bits);
    const isTokenSide = (rule: Rule) => TOKEN_SIDE.includes(rule.conditions[0].family.name);
    const tokenSide = singles.filter(isTokenSide).slice(0, PAIRED);
    const context = singles
      .filter((rule) => !isTokenSide(rule) && rule.conditions[0].family.name !== 'corpus')
      .slice(0, PAIRED);
    let best = singles[0];
    for (const a of tokenSide) {
      for (const b of context) {
        const pair = rateByWalking([...a.conditions, ...b.conditions]);
        if (pair.bits > best.bits) best = pair;
      }
    }
    return withCorpus(best, facts, rateByWalking);
  };
}

function withCorpus(
  rule: Rule,
  facts: TextFacts,
  rateByWalking: (conditions: readonly Condition[]) => Rule,
): Rule {
  const family = facts.families.corpus;
  if (family.size < 2 || rule.conditions.some((condition) => condition.family === family)) return rule;
  for (let value = 0; value < family.size; value++) {
    const narrowed = rateByWalking([...rule.conditions, { family, values: [value] }]);
    const isMostActs = narrowed.coverage >= CORPUS_COVERAGE * rule.coverage;
    if (isMostActs && narrowed.base <= CORPUS_CHANCE * rule.base) return narrowed;
  }
  return rule;
}

function coveredBy(conditions: readonly Condition[], { token_N, act_N }: Evidence): number {
  let covered = 0;
  for (let i = 0; i < token_N.length; i++) if (holds(conditions, token_N[i])) covered += act_N[i];
  return covered;
}

type Tally = (evidence: Evidence, mass: number) => { condition: Condition; covered: number }[];

/** The heaviest values of one family, as sets of one, two, ... values. The sums live as long as the tally: no per-feature maps. */
function createTally(family: Family): Tally {
  const mass_V = new Float64Array(family.size);
  return ({ token_N, act_N }, mass) => {
    const touched: number[] = [];
    for (let i = 0; i < token_N.length; i++) {
      const value = family.value_N[token_N[i]];
      if (value < 0) continue;
      if (mass_V[value] === 0) touched.push(value);
      mass_V[value] += act_N[i];
    }
    const size = LISTS[family.name] ?? 1;
    const heaviest = heaviestOf(touched, mass_V, size).filter(
      (v, i) => i === 0 || mass_V[v] >= LISTED_SHARE * mass,
    );
    const sets = heaviest.map((_, i) => heaviest.slice(0, i + 1));
    const tallied = sets.map((values) => ({
      condition: { family, values },
      covered: values.reduce((sum, value) => sum + mass_V[value], 0),
    }));
    for (const value of touched) mass_V[value] = 0;
    return tallied.filter(({ condition }) => countOf(condition) > 0);
  };
}

/** Ties go to the lower value, so the order of the text does not matter. */
function heaviestOf(values: readonly number[], mass_V: Float64Array, count: number): number[] {
  const kept: number[] = [];
  for (const value of values) {
    let at = kept.length;
    while (at > 0 && isHeavier(value, kept[at - 1], mass_V)) at -= 1;
    if (at >= count) continue;
    kept.splice(at, 0, value);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

function isHeavier(a: number, b: number, mass_V: Float64Array): boolean {
  return mass_V[a] > mass_V[b] || (mass_V[a] === mass_V[b] && a < b);
}
