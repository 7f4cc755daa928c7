/** How far the separately trained dictionaries are from the one: the same points with the line laid flat. */
import { CurveChart, type Curve } from '../../ui/curve-chart.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { MEASURES, type BudgetSeries, type Measure } from './budget-series.ts';
import { kindName, SHAPES, SHIFTS_PX } from './pareto-chart.tsx';
import { valueAt } from './verdict.ts';

export function DifferenceChart({
  series,
  measure,
}: {
  readonly series: BudgetSeries;
  readonly measure: Measure;
}) {
  const { name } = MEASURES[measure];
  const flat: Curve = {
    name: 'HierarchicalTopK',
    legend: 'one HierarchicalTopK',
    colour: 'base',
    draw: 'line',
    points: series.line.points.map(({ budget, value }) => ({ x: budget, y: 0, sd: value.sd })),
  };
  const others = series.own.map(({ method, points }, at): Curve => ({
    name: kindName(method),
    colour: 'ink',
    draw: 'dots',
    shape: SHAPES[method] ?? 'square',
    shiftPx: SHIFTS_PX[at % SHIFTS_PX.length],
    points: points.flatMap((point) => {
      const ours = valueAt(series.line.points, point);
      return ours ? [{ x: point.budget, y: point.value.mean - ours.mean, sd: point.value.sd }] : [];
    }),
  }));
  const curves = [flat, ...others].filter(({ points }) => points.length > 0);
  if (curves.length < 2) return null;
  return (
    <CurveChart
      isWide
      title="Difference from the one dictionary"
      description={`${name} of dictionaries at the budget they were trained for, minus that of the hierarchical one at the same L0`}
      curves={curves}
      xAxis={{ label: 'budget, acts per token', format: formatValue }}
      yAxis={{ label: `${name}, minus the line's at the same L0; ± sd`, format: formatDifference }}
      logX
    />
  );
}

const formatDifference = (difference: number) => difference.toFixed(4).replace('-', '−');
