/**
 * Trials of one experiment to what a table or a curve shows: means and spreads over seeds, on the domain's corpora and on
 * general text, measured against the base of the same seed. Pure.
 */
import type { TrialLineFragment } from '../../graphql/generated/graphql.ts';
import { spreadOf, type Spread } from '../../ui/spread.ts';

export type Trial = TrialLineFragment;
type Evaluation = Trial['evaluations'][number];

/** The domain of corpora that no boost is for. */
export const GENERAL = 'general';

/** A trial on the corpora of one domain at its largest budget. */
export interface Reading {
  readonly ev: number;
  readonly fvu: number;
  readonly deltaCe: number;
  readonly l0: number;
  readonly residualL0: number | null;
}

/** Several corpora of a domain count alike; null where none was measured. */
export function readOn(trial: Trial | undefined, domain: string): Reading | null {
  if (!trial) return null;
  const full = Math.max(0, ...trial.evaluations.map(({ budget }) => budget));
  const found = trial.evaluations.filter(({ corpus, budget }) => corpus.domain === domain && budget === full);
  if (found.length === 0) return null;
  const mean = (of: (evaluation: Evaluation) => number | null) => spreadOf(found.map(of))?.mean ?? null;
  return {
    ev: mean((e) => e.explainedVariance)!,
    fvu: mean((e) => e.fvu)!,
    deltaCe: mean((e) => e.deltaCe)!,
    l0: mean((e) => e.l0)!,
    residualL0: mean((e) => e.residualL0),
  };
}

export interface MethodRow {
  readonly method: string;
  /** Seeds behind the row. */
  readonly n: number;
  readonly recordedCount: number;
  readonly domain: Side & {
    /** (EV - EV of the base) / EV of the base. */
    readonly gain: Spread | null;
    /** (ΔCE of the base - ΔCE) / ΔCE of the base. */
    readonly gapClosed: Spread | null;
  };
  readonly general: Side & {
    /** EV / EV of the base. */
    readonly kept: Spread | null;
    /** kept - 1. */
    readonly change: Spread | null;
  };
}

interface Side {
  readonly ev: Spread | null;
  readonly fvu: Spread | null;
  readonly deltaCe: Spread | null;
  readonly l0: Spread | null;
  readonly residualL0: Spread | null;
}

/** One row a method, in the given order; methods nobody named come last. */
export function methodRows(trials: readonly Trial[], domain: string, order: readonly string[]): MethodRow[] {
  const own = trials.filter((trial) => trial.domain === domain);
  const place = (method: string) => (order.indexOf(method) < 0 ? order.length : order.indexOf(method));
  const methods = [...new Set(own.map(({ method }) => method))].sort((a, b) => place(a) - place(b));
  const baseOf = createBaseLookup(own);
  return methods.map((method) => {
    const group = own.filter((trial) => trial.method === method);
    const on = (side: string) => {
      const readings = group.map((trial) => ({
        mine: readOn(trial, side),
        base: readOn(baseOf(trial), side),
      }));
      const spread = (of: (mine: Reading, base: Reading | null) => number | null | undefined) =>
        spreadOf(readings.map(({ mine, base }) => (mine ? of(mine, base) : null)));
      return { spread, side: sideOf(spread) };
    };
    const adapted = on(domain);
    const general = on(GENERAL);
    return {
      method,
      n: group.length,
      recordedCount: group.filter(({ recorded }) => recorded).length,
      domain: {
        ...adapted.side,
        gain: adapted.spread((mine, base) => base && mine.ev / base.ev - 1),
        gapClosed: adapted.spread((mine, base) => base && 1 - mine.deltaCe / base.deltaCe),
      },
      general: {
        ...general.side,
        kept: general.spread((mine, base) => base && mine.ev / base.ev),
        change: general.spread((mine, base) => base && mine.ev / base.ev - 1),
      },
    };
  });
}

function sideOf(spread: (of: (mine: Reading) => number | null) => Spread | null): Side {
  return {
    ev: spread((r) => r.ev),
    fvu: spread((r) => r.fvu),
    deltaCe: spread((r) => r.deltaCe),
    l0: spread((r) => r.l0),
    residualL0: spread((r) => r.residualL0),
  };
}

/** The untouched base of the same seed; any where that seed has none, for a frozen base is one and the same. */
export function createBaseLookup(trials: readonly Trial[]): (trial: Trial) => Trial | undefined {
  const bases = trials.filter(({ method }) => method === 'base');
  return ({ seed }) => bases.find((base) => base.seed === seed) ?? bases[0];
}

export interface CurvePoint {
  readonly x: number;
  readonly spread: Spread;
}

/** EV on a domain over k or training tokens: one point a value, the spread is over seeds. */
export function evCurve(trials: readonly Trial[], domain: string, x: (trial: Trial) => number): CurvePoint[] {
  return [...new Set(trials.map(x))]
    .sort((a, b) => a - b)
    .flatMap((at) => {
      const spread = spreadOf(
        trials.filter((trial) => x(trial) === at).map((trial) => readOn(trial, domain)?.ev),
      );
      return spread ? [{ x: at, spread }] : [];
    });
}
