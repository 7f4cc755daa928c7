/** The paper's claim on budgets, asked of our numbers: the one dictionary against each of the others at the same L0. Pure. */
import { compareSpreads, type Spread } from '../../ui/spread.ts';
import { MEASURES, ownPoint, type BudgetPoint, type BudgetSeries, type Measure } from './budget-series.ts';

export interface Tally {
  readonly compared: number;
  readonly better: number;
  readonly same: number;
  readonly worse: number;
}

export interface Verdict {
  /** Against dictionaries at the budget they were trained for, by method. */
  readonly own: readonly { readonly method: string; readonly tally: Tally }[];
  /** Against TopK and its like at budgets that are not theirs. */
  readonly away: Tally;
}

/** Ends of the line reach so far beyond its last L0: a dictionary that keeps 63.9 acts beside one that keeps 63.5. */
const END_TOLERANCE = 1.05;

export function judge({ line, own, away }: BudgetSeries, measure: Measure): Verdict {
  const sign = MEASURES[measure].isMoreBetter ? 1 : -1;
  const compare = (points: readonly BudgetPoint[]) =>
    tallyOf(
      points.flatMap((point) => {
        const ours = valueAt(line.points, point);
        return ours ? [compareSpreads(scaled(ours, sign), scaled(point.value, sign))] : [];
      }),
    );
  return {
    own: own.map(({ method, points }) => ({ method, tally: compare(points) })),
    away: compare(
      away.flatMap(({ points }) => {
        const [at] = ownPoint(points);
        return points.filter(({ budget }) => budget !== at.budget);
      }),
    ),
  };
}

/** The line at the budget of a point where both have it, else between budgets at the same L0, straight over log L0. */
export function valueAt(line: readonly BudgetPoint[], point: BudgetPoint): Spread | null {
  const at = line.find(({ budget }) => budget === point.budget);
  if (at && isNear(at.l0.mean, point.l0.mean)) return at.value;
  const l0 = point.l0.mean;
  const sorted = [...line].sort((a, b) => a.l0.mean - b.l0.mean);
  const right = sorted.findIndex((candidate) => candidate.l0.mean >= l0);
  if (right > 0) return between(sorted[right - 1], sorted[right], l0);
  const end = right === 0 ? sorted[0] : sorted[sorted.length - 1];
  return end && isNear(end.l0.mean, l0) ? end.value : null;
}

function between(left: BudgetPoint, right: BudgetPoint, l0: number): Spread {
  const share = Math.log(l0 / left.l0.mean) / Math.log(right.l0.mean / left.l0.mean);
  const mix = (a: number, b: number) => a + (b - a) * share;
  const [a, b] = [left.value, right.value];
  return {
    mean: mix(a.mean, b.mean),
    sd: a.sd === null || b.sd === null ? null : mix(a.sd, b.sd),
    n: Math.min(a.n, b.n),
  };
}

const isNear = (a: number, b: number) => Math.max(a, b) <= Math.min(a, b) * END_TOLERANCE;
const scaled = (spread: Spread, sign: number): Spread => ({ ...spread, mean: spread.mean * sign });

function tallyOf(outcomes: readonly ('better' | 'same' | 'worse')[]): Tally {
  const count = (outcome: string) => outcomes.filter((candidate) => candidate === outcome).length;
  return { compared: outcomes.length, better: count('better'), same: count('same'), worse: count('worse') };
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { compared, better, same, worse }) => ({
      compared: sum.compared + compared,
      better: sum.better + better,
      same: sum.same + same,
      worse: sum.worse + worse,
    }),
    { compared: 0, better: 0, same: 0, worse: 0 },
  );
}

/** Whether what was claimed is what was measured. */
export function outcomeOf({
  compared,
  worse,
}: Tally): 'holds' | 'holds in part' | 'does not hold' | 'was not measured' {
  if (compared === 0) return 'was not measured';
  if (worse === 0) return 'holds';
  return worse < compared / 2 ? 'holds in part' : 'does not hold';
}

/** The verdict in words, from the counts alone. */
export function verdictWords({ own, away }: Verdict, measure: Measure): string {
  const all = addTallies(own.map(({ tally }) => tally));
  if (all.compared + away.compared === 0) return 'Nothing here can be compared yet.';
  if (!MEASURES[measure].isMoreBetter) return fewerWords(all);
  const sentences = [
    all.compared > 0 &&
      `Here the first part ${outcomeOf(all)}: against dictionaries at the budget they were trained for, the one is better at ${all.better}, level within noise at ${all.same} and worse at ${all.worse} of ${all.compared} points.`,
    away.compared > 0 &&
      `The second ${outcomeOf(strictly(away))}: away from its own k a TopK is passed at ${away.better} of ${away.compared} points.`,
  ];
  return sentences.filter(Boolean).join(' ');
}

function fewerWords(all: Tally): string {
  return `Here that ${outcomeOf(strictly(all))}: the one has fewer at ${all.better}, as many within noise at ${all.same} and more at ${all.worse} of ${all.compared} points.`;
}

/** Where better was claimed, level is not enough. */
function strictly(tally: Tally): Tally {
  return { ...tally, worse: tally.worse + tally.same };
}
