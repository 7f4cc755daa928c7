/**
 * A rule says of every token whether it fits: one to three conditions, each a set of values of one family of facts.
 * How much a rule tells about where a feature acts, in bits: KL between how often it holds on the feature's acts
 * (weighted by strength) and how often it holds on any token.
 */
import type { Family } from './family.ts';

export interface Condition {
  readonly family: Family;
  readonly values: readonly number[];
}

export interface Rule {
  readonly conditions: readonly Condition[];
  /** Share of the feature's strength where it holds. */
  readonly coverage: number;
  /** Share of all tokens where it holds. */
  readonly base: number;
  readonly bits: number;
}

/** Bits a rule must gain for every further value it lists, every further condition, and for naming a part of a word. */
const BITS_PER_VALUE = 0.2;
const BITS_PER_CONDITION = 0.4;
const BITS_PER_PART = 0.3;

export function holds(conditions: readonly Condition[], n: number): boolean {
  for (const { family, values } of conditions) if (!values.includes(family.value_N[n])) return false;
  return true;
}

/** KL(Bernoulli(coverage) || Bernoulli(base)); 0 where the rule holds less often than chance. */
export function informationBits(coverage: number, base: number): number {
  if (coverage <= base) return 0;
  const c = Math.min(coverage, 1 - 1e-9);
  const b = Math.min(Math.max(base, 1e-9), 1 - 1e-9);
  return c * Math.log2(c / b) + (1 - c) * Math.log2((1 - c) / (1 - b));
}

export function complexityBits(conditions: readonly Condition[]): number {
  const values = conditions.reduce((sum, condition) => sum + condition.values.length - 1, 0);
  const parts = conditions.filter(({ family }) => family.name === 'start' || family.name === 'ending').length;
  return BITS_PER_VALUE * values + BITS_PER_CONDITION * (conditions.length - 1) + BITS_PER_PART * parts;
}

export function countOf({ family, values }: Condition): number {
  return values.reduce((sum, value) => sum + family.count_V[value], 0);
}

/** Tokens looked at to estimate how often two conditions meet. */
const BASE_SAMPLE = 2_000;

/** Share of all tokens where the conditions meet: walks an even sample of where the rarest one holds. */
export function baseOf(conditions: readonly Condition[], tokenCount: number): number {
  const rarest = conditions.reduce((best, condition) =>
    countOf(condition) < countOf(best) ? condition : best,
  );
  const total = countOf(rarest);
  const rest = conditions.filter((condition) => condition !== rarest);
  if (rest.length === 0 || total === 0) return total / tokenCount;
  const step = Math.max(1, total / BASE_SAMPLE);
  let looked = 0;
  let met = 0;
  for (const value of rarest.values) {
    const positions = rarest.family.positions(value);
    for (let at = 0; at < positions.length; at += step) {
      looked += 1;
      if (holds(rest, positions[Math.floor(at)])) met += 1;
    }
  }
  return (met / looked) * (total / tokenCount);
}
